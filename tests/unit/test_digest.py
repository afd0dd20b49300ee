"""SAFE-7: the digests tell everything that waits for a person, in plain words, and that nothing
does where it is so.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tally.domain.holds import LateUsage
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.pulse.state import Proof, Pulse, Trust
from tally.domain.record.credit import credit_notice
from tally.domain.record.usage_record import RecordState
from tally.domain.reporting.digest import DigestKind, DigestTime
from tests.functional.instants import gmt
from tests.unit.digest_scene import (
    AT,
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    cause,
    closed,
    credit,
    hold,
    record,
    seen,
    sent,
    standing,
    unwrapped,
)


def test_a_month_that_closed_well() -> None:
    """How many were billed, to how many, and how that compares with the month before; and that
    nothing waits.
    """
    letter = sent(
        seen(
            closed("harbor", NOVEMBER, 1200),
            closed("lake", NOVEMBER, 4),
            closed("harbor", OCTOBER, 1000),
        )
    )
    text = unwrapped(letter)
    assert letter.subject == "Tally: November 2026 closed for 2 customers"
    assert "November 2026 is closed: 1,204 endpoints on the Additions of 2 customers" in text
    assert "204 more than in October 2026 (1,000 of 1 customer)." in text
    assert "Nothing waits for you." in text


def test_a_pulse_that_was_switched_off() -> None:
    """PULSE-3: a contradiction is told in the mail, with since when and why; while totals prove
    themselves, or have, nothing is said.
    """
    month = seen(closed("harbor", NOVEMBER, 1200))
    proof = Proof(trust=Trust.OFF, since=gmt("2026-11-20 10:07"), why="the total stood still")
    text = unwrapped(sent(month, pulse=Pulse(proof=proof)))
    assert (
        "The pulse is switched off since 2026-11-20 10:07 GMT, because totals of partners were "
        "wrong: the total stood still. No bill depends on them."
    ) in text
    assert "`tally pulse` says what to do." in text
    assert "Nothing waits for you." not in text
    for trust in (Trust.UNPROVEN, Trust.PROVEN):
        assert sent(month, pulse=Pulse(proof=replace(proof, trust=trust))) == sent(month)


def test_the_biggest_changes_come_first() -> None:
    """Up and down alike, new ones and those that are gone; one that is the same is none."""
    letter = sent(
        seen(
            *(
                closed(name, OCTOBER, number)
                for name, number in {"harbor": 31, "lake": 8, "mill": 5, "oak": 2}.items()
            ),
            *(
                closed(name, NOVEMBER, number)
                for name, number in {"harbor": 44, "lake": 8, "fox": 3}.items()
            ),
            record("oak", NOVEMBER, None, state=RecordState.WAIVED),
        )
    )
    changes = letter.text.partition("Biggest changes since October 2026\n")[2].splitlines()[1:5]
    assert changes == [
        "Harbor: 31 → 44 (+13)",
        "Mill: none any more, 5 before",
        "Fox: 3, new",
        "Oak: none any more, 2 before",
    ]


def test_what_is_not_closed_is_no_change() -> None:
    """CLOSE-2: a month that is held or still open says nothing of its customer yet: it is named
    apart.
    """
    letter = sent(
        seen(
            closed("harbor", OCTOBER, 31),
            closed("lake", NOVEMBER, 8),
            record("harbor", NOVEMBER, 31, hold=hold()),
            record("mill", NOVEMBER, 4),
        )
    )
    assert "Not in it: 2 records that are not closed yet." in unwrapped(letter)
    assert (
        "Over, and not closed yet\n------------------------\nMill, November 2026\n" in letter.text
    )
    assert "Harbor: 31" not in letter.text
    assert "Harbor: none" not in letter.text


def test_services_are_told_apart() -> None:
    """READ-6: numbers of two services are never added up, and every record names its own."""
    letter = sent(
        seen(
            closed("harbor", NOVEMBER, 10),
            closed("harbor", NOVEMBER, 3, service="servers"),
            record("lake", NOVEMBER, 1, service="servers", hold=hold()),
        )
    )
    text = unwrapped(letter)
    assert (
        "10 endpoints on the Additions of 1 customer, and none in October 2026; 3 servers on"
        in text
    )
    assert "Lake, November 2026, servers, held for 3 days" in text
    assert 'tally approve "Lake" --month 2026-11 --service servers' in text


def test_a_hold_is_told_with_its_own_sentence_its_age_and_its_answers() -> None:
    """The oldest first, each with what a person can answer."""
    why = (
        "GravityZone counts 240 active endpoints for Harbor Dental in November 2026; October 2026 "
        "closed at 31."
    )
    letter = sent(
        seen(
            record("new", NOVEMBER, 31, hold=hold(days=0.5)),
            record("harbor", NOVEMBER, 44, hold=hold(days=12, why=why)),
            names={"harbor": "Harbor Dental", "new": "New Leaf"},
        )
    )
    text = unwrapped(letter)
    assert f"Harbor Dental, November 2026, held for 12 days {why}" in text
    assert (
        'tally approve "Harbor Dental" --month 2026-11 --why "…" tally reject "Harbor Dental" '
        "--month 2026-11"
    ) in text
    assert "New Leaf, November 2026, held for less than a day" in text
    assert text.index("Harbor Dental,") < text.index("New Leaf,")
    assert "2 to answer" in letter.subject
    assert "Nothing waits" not in text


def test_late_usage_and_credits_stand_apart() -> None:
    """LATE-2, LATE-3: what to bill later and what to give back are other questions than a number
    that looks wrong.
    """
    letter = sent(
        seen(
            closed("harbor", OCTOBER, 9, hold=hold(LateUsage, why="Two more are late.")),
            closed("lake", OCTOBER, 9, credit=credit()),
            closed("mill", NOVEMBER, 1),
        )
    )
    text = unwrapped(letter)
    assert "Late usage: to be billed on the next invoice? ---" in text
    assert 'Two more are late. tally approve "Harbor" --month 2026-10' in text
    assert "2 too many, 9.00 at 4.50 each" in text
    assert 'tally credit-done "Lake" --month 2026-10' in text
    assert "Held: waits" not in text
    assert "2 to answer" in letter.subject


def test_a_price_is_never_rounded_in_a_credit() -> None:
    """LATE-3: 2 at 1.125 are 2.25, and 2 at 1.12 would not be."""
    owed = closed("lake", OCTOBER, 9, credit=replace(credit(), unit_price=Decimal("1.1250")))
    assert "2 too many, 2.25 at 1.125 each" in credit_notice(owed, "Lake")


@pytest.mark.parametrize("name", ["Lake", "Lake\x07"])
def test_a_credits_notice_is_told_once(name: str) -> None:
    """LATE-3: the standing's notice says what the section of credits says already, whatever its
    name; other notices are told.
    """
    owed = closed("lake", OCTOBER, 9, credit=credit())
    notices = (credit_notice(owed, name), "Price differs.")
    told = standing("lake", name, cause(StandingState.BILLING, "", notices=notices))
    text = unwrapped(sent(seen(owed, names={"lake": told})))
    assert text.count("too many") == 1
    assert "Price differs." in text.partition("Notices -------")[2]


def test_what_fails_and_what_needs_set_up() -> None:
    """Each company once for each reason, with since when; months and services of one reason are not
    repeated.
    """
    failing = standing(
        "harbor", "Harbor", *[cause(StandingState.FAILING, "GravityZone answers 500.", days=1)] * 2
    )
    needs = standing(
        "lake", "Lake", cause(StandingState.NEEDS_SETUP, "No agreement is active.", days=40)
    )
    letter = sent(seen(closed("harbor", NOVEMBER, 1), names={"harbor": failing, "lake": needs}))
    text = unwrapped(letter)
    assert text.count("GravityZone answers 500.") == 1
    assert "Harbor, for 1 day GravityZone answers 500." in text
    assert "Lake, for 40 days No agreement is active." in text
    assert letter.subject == "Tally: November 2026 closed for 1 customer, 1 to set up, 1 failing"


def test_what_is_held_without_a_question_is_told_too() -> None:
    """SAFE-7: a company that stands as held by a person's own word, such as a rejection, is not
    left out.
    """
    told = standing(
        "harbor", "Harbor", cause(StandingState.HELD, "ann rejected 30: nothing is opened.")
    )
    text = unwrapped(sent(seen(record("harbor", NOVEMBER, None), names={"harbor": told})))
    assert "Harbor, for 2 days ann rejected 30: nothing is opened." in text


def test_the_week_tells_the_present_month_too() -> None:
    """On a Monday in mid-month: so far, and what closed last."""
    at = gmt("2026-12-14 07:00")
    overview = seen(
        record("harbor", DECEMBER, 12),
        closed("harbor", NOVEMBER, 10),
        newest=at - timedelta(minutes=15),
    )
    letter = sent(overview, DigestKind.WEEKLY, at=at)
    assert letter.subject == "Tally: nothing waits for you"
    assert "December 2026 so far: 12 endpoints on the Additions of 1 customer." in unwrapped(letter)
    assert "November 2026 is closed: 10 endpoints" in unwrapped(letter)


def test_a_tally_that_stands_still_says_so_first() -> None:
    """The one mail that somebody reads must not say that all is well when nothing has run since
    Friday.
    """
    letter = sent(seen(closed("harbor", NOVEMBER, 1), newest=AT - timedelta(days=3)))
    assert letter.subject == "Tally: it has not run"
    assert letter.text.startswith("Tally has not run since 2026-11-29 06:00 GMT.")
    assert sent(seen(newest=None)).text.startswith("Tally has never run.")


def test_an_empty_stack() -> None:
    """Nobody yet is told as that, and not as all being well."""
    letter = sent(seen())
    assert "Tally knows no company yet" in letter.text
    assert "Nothing waits" not in letter.text


@pytest.mark.parametrize(
    ("at", "close_day", "month"),
    [
        ("2026-12-02 06:00", 2, NOVEMBER),
        ("2026-12-01 23:59", 2, OCTOBER),
        ("2026-12-09 06:00", 10, OCTOBER),
        ("2026-12-31 06:00", 10, NOVEMBER),
        ("2027-01-01 06:00", 2, NOVEMBER),
    ],
)
def test_the_month_that_closed_last(at: str, close_day: int, month: Month) -> None:
    """CLOSE-1: a digest speaks of the newest month whose close has come, in GMT."""
    assert DigestTime.of(gmt(at), close_day=close_day).month == month


def test_a_name_cannot_write_a_letter_of_its_own() -> None:
    """A company's name is somebody else's text: no line breaks, and none in a command that a shell
    would run.
    """
    name = 'Evil"; rm -rf $(HOME)\nSubject: all is well'
    letter = sent(seen(record("id-7", NOVEMBER, 1, hold=hold()), names={"id-7": name}))
    assert 'Evil"; rm -rf $(HOME) Subject: all is well, November 2026, held' in unwrapped(letter)
    assert "\nSubject:" not in letter.text
    assert "    tally approve id-7 --month 2026-11 --why" in letter.text


def test_two_of_one_name_are_answered_by_id() -> None:
    """MATCH-1: a command with a name that two companies bear would be refused."""
    records = [record(each, NOVEMBER, 1, hold=hold()) for each in ("id-1", "id-2")]
    text = sent(seen(*records, names={"id-1": "Harbor", "id-2": "harbor"})).text
    assert "tally approve id-1 " in text
    assert "tally approve id-2 " in text
    assert '"Harbor"' not in text


def test_commands_name_another_stack() -> None:
    """An MSP with two stacks answers the one that asked."""
    text = sent(seen(record("harbor", NOVEMBER, 1, hold=hold())), stack="tally-eu").text
    assert 'tally approve "Harbor" --month 2026-11 --stack tally-eu --why "…"\n' in text
    assert "tally status --stack tally-eu" in text
    assert "--stack" not in sent(seen(record("harbor", NOVEMBER, 1, hold=hold()))).text


@pytest.mark.slow
def test_two_thousand_holds_are_a_letter_still() -> None:
    """Everybody is held, each with a page of reasons: it fits, and says how many more there are."""
    why = "ConnectWise says: " + "no, " * 500
    records = [
        record(f"customer {number}", NOVEMBER, 1, hold=hold(why=why)) for number in range(2000)
    ]
    notices = {
        each.key.company_id: standing(
            each.key.company_id,
            each.key.company_id,
            cause(StandingState.NEEDS_SETUP, why, notices=(why,)),
        )
        for each in records
    }
    letter = sent(seen(*(replace(each, version=2) for each in records), names=notices))
    assert len(letter.text.encode()) <= 200_000
    assert "… and 1960 more: `tally status` lists them all." in letter.text
    assert (
        letter.subject
        == "Tally: November 2026 closed for 0 customers, 2000 to answer, 2000 to set up"
    )
