"""PROOF-7: what became of evidence changes no document, and keeps none back."""

from datetime import timedelta

import pytest

from tally.domain.evidence.evidence import Evidence
from tally.domain.model.month import Month
from tally.errors import UnreadableItemError
from testing.attachments import MemoryAttachments
from testing.evidence import MemoryEvidence
from testing.world import Customer, World
from tests.functional.attached import CLOSE, FIRST, Attaching, closed, documents
from tests.functional.instants import gmt
from tests.functional.october import invoiced_early, october

BOOKS = {"by": "ann", "why": "the owner called"}
DROP_AT = gmt("2029-01-01 00:00")


def record_walks(attaching: Attaching, customer: Customer, walks: int) -> None:
    """So many changes of the evidence of a customer without a machine."""
    at = attaching.month.starts + timedelta(hours=4)
    for version in range(walks):
        evidence = Evidence(
            company_id=customer.id,
            month=attaching.month,
            begun=at,
            walked=at,
            machines=(),
            version=version,
        )
        attaching.evidence.save(evidence, drop_at=DROP_AT)


def test_a_correction_is_attached_though_evidence_was_removed() -> None:
    """PROOF-7: a person removes the machines, or their time is over, and the statement's version
    falls; what is billed has changed all the same.
    """
    world, harbor = invoiced_early()
    world.play(gmt("2026-11-02 00:05"))
    attaching = Attaching(world=world, month=Month(2026, 10))
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 01:05"))
    record_walks(attaching, harbor, 60)
    assert attaching.run().made == 1
    attaching.evidence.remove(harbor.id, attaching.month)
    assert attaching.run().stood == 1
    world.gravityzone.tenant.override_counter(harbor.id, "2026-10", "endpointMonthlyUsage", 5)
    world.play(gmt("2026-11-10 00:05"))
    world.answers().credit_done(october(world, harbor).key, **BOOKS)
    assert attaching.run().made == 1
    assert "corrected" in documents(world, harbor)[1].title


@pytest.mark.machines(4)
def test_a_forgotten_document_is_found_though_evidence_has_changed(
    world: World, harbor: Customer
) -> None:
    """SAFE-8: a restored ledger derives the same reference, whatever was found since."""
    attaching = closed(world)
    assert attaching.run().made == 1
    attaching.attachments = MemoryAttachments()
    record_walks(attaching, harbor, 1)
    run = attaching.run()
    assert (run.found, run.made, len(documents(world, harbor))) == (1, 0, 1)


@pytest.mark.machines(4)
@pytest.mark.parametrize("final", [False, True])
def test_evidence_that_cannot_be_read_leaves_nobody_without_a_document(
    world: World, harbor: Customer, monkeypatch: pytest.MonkeyPatch, *, final: bool
) -> None:
    """PROOF-2, PROOF-7: a customer whose month is not final is not to have a document yet, so none
    is missing; and a month in which nothing is missing is done.
    """

    def unread(*_: object) -> Evidence | None:
        raise UnreadableItemError("The ledger's item EVIDENCE cannot be read.")

    monkeypatch.setattr(MemoryEvidence, "read", unread)
    world.play(FIRST, *([CLOSE] if final else []))
    attaching = Attaching(world=world)
    run = attaching.run(state="same")
    assert (run.made, run.left, len(documents(world, harbor))) == (int(final), 0, int(final))
    account = attaching.attachments.month(attaching.month)
    assert account is not None
    assert account.is_done_for("same")
