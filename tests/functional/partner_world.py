"""A partner whose own machines are billed, with two customers below it."""

from dataclasses import dataclass
from typing import Self

from simulators.clock import VirtualClock
from tally.domain.record.history import HistoryEntry
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord
from testing.world import Customer, World
from tests.functional.instants import gmt

FIRST = gmt("2026-11-01 00:05")


@dataclass(slots=True, kw_only=True)
class Summit:
    """Summit Peak IT with 12 machines of its own; below it Juniper Law with 5 and Harbor Dental
    with 7.
    """

    world: World
    partner: Customer
    juniper: Customer
    harbor: Customer

    @classmethod
    def at_the_start(cls) -> Self:
        """Nobody has had a tick yet, and the partner is not set up."""
        world = World(clock=VirtualClock(gmt("2026-11-01 00:00")))
        partner = add_partner(world, "Summit Peak IT")
        juniper = world.add_customer("Juniper Law", parent_id=partner.id)
        harbor = world.add_customer("Harbor Dental", parent_id=partner.id)
        for company, machines in ((partner, 12), (juniper, 5), (harbor, 7)):
            world.check_in(company, machines, at=gmt("2026-11-01 00:01"))
        return cls(world=world, partner=partner, juniper=juniper, harbor=harbor)

    @classmethod
    def billed(cls) -> Self:
        """It was set up after the first tick, and the second has opened its month."""
        summit = cls.at_the_start()
        summit.world.play(FIRST)
        set_up(summit.world, summit.partner)
        summit.world.play(gmt("2026-11-01 00:20"))
        return summit

    def quantities(self) -> list[int]:
        """What stands on the partner's Additions."""
        return [each[0] for each in self.world.additions(self.partner)]

    def record(self, month: str = "2026-11") -> UsageRecord:
        """The partner's record."""
        record = self.world.record(self.partner, month)
        assert record is not None
        return record

    def history(self, month: str = "2026-11") -> list[HistoryEntry]:
        """What became of it."""
        return list(self.world.ledger.history(self.record(month).key))

    @property
    def november(self) -> RecordKey:
        """The record's key."""
        return self.record().key

    def check_in(self, company: Customer, machines: int, at: str) -> None:
        """So many machines connect for the first time."""
        self.world.check_in(company, machines, at=gmt(at))

    def play(self, *ticks: str) -> None:
        """Tick and work."""
        self.world.play(*map(gmt, ticks))

    def move(self, company: Customer, parent_id: str | None = None) -> None:
        """Put a company below another one, by default the MSP itself."""
        tenant = self.world.gravityzone.tenant
        tenant.move_company(company.id, parent_id or tenant.own.id)

    def reason(self) -> str:
        """What the partner's standing says."""
        return self.world.standing(self.partner).shown.reason


def add_partner(world: World, name: str, *, parent_id: str = "") -> Customer:
    """A monthly-licensed partner with the same name on both sides and one agreement of the type."""
    customer = world.add_customer(name, parent_id=parent_id)
    world.gravityzone.tenant.company(customer.id).kind = "partner"
    return customer


def set_up(world: World, partner: Customer) -> None:
    """A person links it and has its own machines billed."""
    world.set_up().link(
        partner.id, partner.connectwise_id, by="ann", why="they pay for their own laptops"
    )
    world.set_up().bill_partner(partner.id, by="ann", why="they pay for their own laptops")
