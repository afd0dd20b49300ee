"""Uninstalling: what stays in ConnectWise bills no day after its month, and a new installation
finds it again.
"""

from datetime import date

from simulators.clock import VirtualClock
from testing.audit import audit
from testing.world import World
from tests.functional.instants import gmt
from tests.functional.recovery_world import Backup, second_tally


def test_nothing_is_billed_beyond_the_month_that_was_open() -> None:
    """OPEN-3: every Addition has an end: stopped on the 12th, November is billed as it stood, and
    December by nobody.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")))
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 5)
    world.play(gmt("2026-10-01 00:05"), gmt("2026-11-01 00:05"), gmt("2026-11-02 00:05"))
    world.check_in(harbor, 4, at=gmt("2026-11-02 08:00"))
    world.play(gmt("2026-11-12 09:05"))

    for invoice_day in ("2026-11-12 12:00", "2026-12-01 09:00", "2027-01-01 09:00"):
        world.clock.set(gmt(invoice_day))
        world.connectwise.people.run_invoice(harbor.agreement_id)
    billed = [
        sum(line.quantity for line in invoice.lines)
        for invoice in world.connectwise.truth.invoices(agreement_id=harbor.agreement_id)
    ]
    assert billed == [5, 4, 0]
    assert all(
        each.cancelled is not None and each.cancelled <= date(2026, 11, 30)
        for each in world.connectwise.truth.made_by_api()
    )


def test_installed_again_with_the_ledger_that_was_kept() -> None:
    """SAFE-8, CLOSE-3: named by TableName, the ledger that the old stack left goes on where it was,
    weeks later too.
    """
    world = World(clock=VirtualClock(gmt("2026-11-01 00:00")))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 4)
    world.play(gmt("2026-11-01 00:05"), gmt("2026-11-12 09:05"))
    world.check_in(harbor, 2, at=gmt("2026-11-20 08:00"))

    again = second_tally(world, Backup.of(world.ledger))
    again.play(gmt("2026-12-04 09:05"), gmt("2026-12-04 09:20"))
    assert audit(again, harbor, "2026-11", closed=True) == []
    assert audit(again, harbor, "2026-12") == []
