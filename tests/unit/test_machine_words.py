"""The words of machines that were seen active: each case, and what no case may claim."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.evidence.evidence import Fate, Machine
from tally.domain.statement.canonical import fingerprint
from tally.domain.statement.machines import machines_in_words
from tally.domain.statement.sentences import limits
from tests.unit.machines_stated import (
    FIRST_WALK,
    LAST_WALK,
    NOVEMBER,
    active,
    evidence,
    machine,
    stated,
)

MISSED = "(deleted, returned under a new id, or missed)"
MORE = "(moved, cloned, returned under a new id, or seen after the count was read)"
WALKS = (
    "Tally first looked at the inventory on 2026-11-01 03:00 GMT. It last looked on "
    "2026-11-30 23:10 GMT."
)


@pytest.mark.parametrize(
    ("counted", "proven", "said"),
    [
        (12, 11, f"Tally saw 11 of them active, by name; one was not seen {MISSED}."),
        (12, 1, f"Tally saw 1 of them active, by name; 11 were not seen {MISSED}."),
        (12, 0, f"Tally saw no machine active: 12 were not seen {MISSED}."),
        (1, 0, f"Tally saw no machine active: one was not seen {MISSED}."),
        (0, 0, "Tally saw no machine active."),
        (0, 2, f"Tally saw 2 machines active, by name: 2 more than it counts {MORE}."),
        (12, 13, f"Tally saw 13 machines active, by name: one more than it counts {MORE}."),
        (1, 1, "Tally saw 1 machine active, by name."),
        (1200, 1199, f"Tally saw 1,199 of them active, by name; one was not seen {MISSED}."),
    ],
)
def test_the_difference_in_words(counted: int, proven: int, said: str) -> None:
    """PROOF-3: both numbers stand there, and what lies between them."""
    (first, *others) = machines_in_words(stated(active(proven), counted=counted))
    assert first.startswith(f"GravityZone counts {counted:,}. {said}")
    assert others == [WALKS]


def test_as_many_are_not_the_same() -> None:
    """PROOF-3: where both numbers agree, it is not claimed that they are of the same machines."""
    (first, *_) = machines_in_words(stated(active(12), counted=12))
    assert first == (
        "GravityZone counts 12. Tally saw 12 machines active, by name. GravityZone does not name "
        "those it counts: nothing shows that they are these."
    )


def test_more_machines_are_not_added_to_the_count() -> None:
    """PROOF-3: where more were seen than counted, the count stays GravityZone's."""
    (first, *_) = machines_in_words(stated(active(3), counted=2))
    assert first.endswith("Tally adds none to the count.")


def test_an_unknown_count_is_compared_with_nothing() -> None:
    """PROOF-5: where the record proves no count, no difference is made up."""
    (first, *_) = machines_in_words(stated(active(2), counted=None))
    assert first == (
        "Tally saw 2 machines active, by name. GravityZone's count is not recorded: nothing is "
        "compared."
    )


def test_machines_stand_behind_no_other_service() -> None:
    """READ-6: the count of another service is nothing that machines are compared with."""
    of = stated(active(2), counted=2, of="workstations")
    (first, *_) = machines_in_words(of)
    assert first.endswith("There is no count of all endpoints here to compare that with.")
    assert [each.numbers.proven for each in of.services] == [None]


@pytest.mark.parametrize(
    ("fate", "one", "several"),
    [
        (
            Fate.DELETED,
            (
                "One of the machines seen active was deleted within the month: by its "
                "documentation, GravityZone goes on counting it until the month ends."
            ),
            (
                "2 of the machines seen active were deleted within the month: by its "
                "documentation, GravityZone goes on counting them until the month ends."
            ),
        ),
        (
            Fate.MOVED,
            (
                "One of the machines seen active moved between this inventory and another "
                "company's: for which of the two it is counted, GravityZone does not say."
            ),
            (
                "2 of the machines seen active moved between this inventory and another company's: "
                "for which of the two they are counted, GravityZone does not say."
            ),
        ),
        (
            Fate.UNSEEN,
            (
                "One of the machines seen active was not found any more, and nothing says "
                "what became of it."
            ),
            (
                "2 of the machines seen active were not found any more, and nothing says "
                "what became of them."
            ),
        ),
    ],
)
def test_what_became_of_those_seen(fate: Fate, one: str, several: str) -> None:
    """PROOF-3: who is gone from the inventory may be counted still, and is told by number."""
    gone = [machine(number, fate=fate) for number in (90, 91)]
    assert one in machines_in_words(stated([*active(2), gone[0]], counted=3))
    assert several in machines_in_words(stated([*active(2), *gone], counted=4))
    never_seen = replace(gone[0], proof=None)
    assert one not in machines_in_words(stated([*active(2), never_seen], counted=3))


@pytest.mark.parametrize(
    "moved",
    [machine(90, fate=Fate.MOVED), machine(90, moved_in=FIRST_WALK + timedelta(days=8))],
)
def test_one_that_moved_may_be_counted_elsewhere(moved: Machine) -> None:
    """PROOF-3: with a machine that moved, in or out, it is not said that those seen are of those
    counted.
    """
    first, second, *_ = machines_in_words(stated([*active(2), moved], counted=4))
    assert first == (
        "GravityZone counts 4. Tally saw 3 machines active, by name; of those counted at least "
        f"one was not seen {MISSED}."
    )
    assert second.startswith("One of the machines seen active moved between")


def test_one_that_returned_stands_there_twice() -> None:
    """PROOF-3: a name with two ids is told, with the reason for which both may be counted."""
    twice = [machine(1, name="Front-Desk", fate=Fate.DELETED), machine(2, name="FRONT-DESK")]
    told = machines_in_words(stated(twice, counted=2))
    assert (
        "One name stands there more than once, each time with another id: GravityZone counts a "
        "machine anew that was deleted and returned under a new id."
    ) in told
    nameless = [machine(1, name=" "), machine(2, name=" ")]
    assert not any("name stands" in each for each in machines_in_words(stated(nameless, counted=2)))


def test_those_not_seen_are_told_by_number() -> None:
    """PROOF-1: a machine of the inventory that nothing proves is not among those seen."""
    unproven = [machine(90, active=False), machine(91, active=False)]
    assert (
        "2 further machines stood in the inventory, and nothing proves them active in this month."
    ) in machines_in_words(stated([*active(2), *unproven], counted=2))
    assert (
        "One machine stood in the inventory, and nothing proves it active in this month."
    ) in machines_in_words(stated(unproven[:1], counted=0))


def test_evidence_that_began_late() -> None:
    """PROOF-5: what was gone before the first look is not recorded, and no first day's look is
    late.
    """
    late = evidence(active(2), begun=FIRST_WALK + timedelta(days=13))
    assert (
        "on 2026-11-14 03:00 GMT: machines that were gone by then are not recorded."
        in machines_in_words(stated(late, counted=4))[-1]
    )
    same_day = evidence(active(2), begun=NOVEMBER.starts + timedelta(hours=23))
    assert "gone by then" not in machines_in_words(stated(same_day, counted=4))[-1]


def test_evidence_that_ended_early() -> None:
    """PROOF-5: of a month that is over, what came after the last look is not recorded; an open
    month's looks go on.
    """
    early = evidence(active(2), walked=LAST_WALK - timedelta(days=10))
    told = machines_in_words(stated(early, counted=4))[-1]
    assert "on 2026-11-20 23:10 GMT: machines that came after that are not recorded." in told
    assert "came after" not in machines_in_words(stated(early, counted=None))[-1]


def test_a_partners_own_machines() -> None:
    """READ-4: of a partner it is said whose machines stand there."""
    told = machines_in_words(stated(active(2), counted=2, partner=True))
    assert told[1] == (
        "These are the machines of the partner's own inventory, without those of the companies "
        "below."
    )


def test_nothing_recorded_and_nothing_readable_differ() -> None:
    """PROOF-5, SAFE-5: no evidence, none readable, and no machine are three things."""
    nothing = stated(None, counted=2)
    damaged = stated(None, counted=2, unreadable=True)
    assert machines_in_words(nothing) == (
        (
            "Which machines were seen active is not recorded: Tally keeps no look at this "
            "customer's inventory in this month. Nothing is filled in afterwards."
        ),
    )
    assert machines_in_words(damaged) == (
        (
            "Which machines were seen active cannot be told: what Tally has stored of them is not "
            "readable."
        ),
    )
    assert len({fingerprint(each) for each in (nothing, damaged, stated([], counted=2))}) == 3


def test_the_limits_speak_of_the_list() -> None:
    """PROOF-3: with a list of machines, it is said what the list does not prove."""
    with_list, without = stated(active(2), counted=2), stated(None, counted=2)
    assert any(each.startswith("The list of machines shows") for each in limits(with_list))
    assert not any("list" in each for each in limits(without))
    for of in (with_list, without):
        assert any("Which machines were counted is not recorded." in each for each in limits(of))


CLAIMS = re.compile(
    r"equal|identical|match|exactly|confirm|prove[sd]? that|the same machines|are the count|"
    r"these are the (12|machines counted)|all (of them|were seen)|every machine",
    re.IGNORECASE,
)
FATES = st.sampled_from(list(Fate))
MACHINES = st.lists(st.tuples(st.booleans(), FATES, st.booleans()), max_size=12)


@given(
    drawn=MACHINES,
    counted=st.none() | st.integers(min_value=0, max_value=15),
    partner=st.booleans(),
    late=st.integers(min_value=0, max_value=29),
)
def test_no_words_claim_that_machines_are_the_count(
    drawn: list[tuple[bool, Fate, bool]], *, counted: int | None, partner: bool, late: int
) -> None:
    """PROOF-3: whatever was found, the words claim no equality, their numbers add up, and one is
    singular.
    """
    machines = [
        machine(
            number,
            active=is_active,
            fate=fate,
            moved_in=FIRST_WALK if came else None,
        )
        for number, (is_active, fate, came) in enumerate(drawn)
    ]
    found = evidence(machines, begun=FIRST_WALK + timedelta(days=late))
    of = stated(found, counted=counted, partner=partner)
    told = machines_in_words(of)
    assert not [each for each in told if CLAIMS.search(each)]
    assert not [each for each in told if re.search(r"\b(one|1) (machines|were|names)\b", each)]
    _adds_up(told[0], counted=counted, proven=found.proven)
    (service,) = of.services
    assert service.numbers.proven == found.proven


def _adds_up(said: str, *, counted: int | None, proven: int) -> None:
    """See that the number seen and the difference lead to the count."""
    saw = re.search(r"Tally saw (no|\d+)", said)
    assert saw is not None
    assert _number(saw[1]) == proven
    if counted is None:
        assert "counts" not in said
        return
    assert said.startswith(f"GravityZone counts {counted}. ")
    fewer = re.search(r"(one|\d+) (?:was|were) not seen", said)
    more = re.search(r"(one|\d+) more than it counts", said)
    assert (0 if fewer is None else _number(fewer[1])) == max(0, counted - proven)
    assert (0 if more is None else _number(more[1])) == max(0, proven - counted)
    if counted == proven > 0:
        assert "nothing shows that they are these" in said


def _number(text: str) -> int:
    return int({"no": "0", "one": "1"}.get(text, text))
