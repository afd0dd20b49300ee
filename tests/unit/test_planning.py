"""What is due for one company at one tick."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.model.month import Month
from tally.domain.model.standing import WHOLE_COMPANY, Cause, Scope, StandingState
from tally.domain.model.ticks import Ticks
from tally.domain.planning.company_plan import CompanyPlan, plan_company
from tally.domain.planning.company_refusals import below_a_refused_one, still_holds
from tally.domain.planning.connectwise_company_gone import moved_away
from tally.domain.planning.due_services import DueService
from tally.domain.planning.next_standing import next_standing
from tally.domain.planning.tick_context import (
    CompanyState,
    Firms,
    Presence,
    TickContext,
    known_absence,
)
from testing.scopes import of_record
from tests.unit.planning_scene import (
    DIRECTORY,
    MAPPING,
    NOVEMBER,
    OCTOBER,
    TICK,
    circumstances,
    company,
    directory,
    due,
    record,
    standing,
)
from tests.unit.rig import AGREEMENT, Rig, a_line, facts


def test_a_month_without_a_record_is_opened() -> None:
    """OPEN-4: the tick's month is due, on the one agreement, and the company waits for it."""
    plan = plan_company(company(), circumstances())
    assert plan.due == [due(NOVEMBER)]
    assert plan.causes[Scope(NOVEMBER)].state is StandingState.WAITING


@pytest.mark.parametrize("how", ["open", "settled"])
def test_what_is_planned_is_not_opened_again(how: str) -> None:
    """OPEN-1, OPEN-4: with its record there, open or closed, a month is never planned to be
    opened.
    """
    if how == "open":
        state = company(records=[record(NOVEMBER)])
        expected = [due(NOVEMBER, may_open=False)]
    else:
        state, expected = company(settled=frozenset({(NOVEMBER, "endpoints")})), []
    plan = plan_company(state, circumstances())
    assert plan.due == expected
    assert plan.causes == {}


PRESENCES = st.sampled_from(Presence)
CAUSES = st.builds(
    Cause,
    state=st.sampled_from(StandingState),
    reason=st.sampled_from(["because", "It is not in GravityZone any more: not billed."]),
)
COMPANIES = st.builds(
    company,
    presence=PRESENCES,
    link=st.sampled_from(
        [
            None,
            MAPPING,
            replace(MAPPING, excluded_since=TICK),
            replace(MAPPING, pinned_agreement_id=5),
        ]
    ),
    unlinked=st.sampled_from(["", "No ConnectWise company is named so."]),
    standing=st.none()
    | st.builds(
        lambda months, causes: standing(*months, causes=causes),
        st.lists(st.sampled_from([OCTOBER, NOVEMBER]), unique=True),
        st.dictionaries(
            st.sampled_from(
                [
                    WHOLE_COMPANY,
                    Scope(service="email"),
                    Scope(OCTOBER),
                    Scope(NOVEMBER),
                    Scope(NOVEMBER, "email"),
                    of_record("2026-11"),
                ]
            ),
            CAUSES,
        ),
    ),
    records=st.lists(
        st.sampled_from(
            [
                record(OCTOBER),
                record(NOVEMBER),
                record(Month(2026, 7)),
                record(NOVEMBER, opened=False),
                record(NOVEMBER, service="email"),
                record(NOVEMBER, opened=False, service="email"),
                record(NOVEMBER, service="taken-out"),
            ]
        ),
        unique_by=lambda each: each.key,
    ),
    settled=st.frozensets(st.sampled_from([(OCTOBER, "endpoints"), (OCTOBER, "email")])),
)
DIRECTORIES = st.sampled_from(
    [
        None,
        DIRECTORY,
        directory(problem="ConnectWise has no product 'x'.", product_id=None),
        directory(agreements={7: [AGREEMENT, replace(AGREEMENT, id=32)]}),
        replace(directory(agreements={}), by_id={}),
        directory(agreements={7: [replace(AGREEMENT, bill_starts=date(2027, 1, 1))]}),
    ]
)
EVERYTHING = st.builds(
    circumstances,
    tick=st.sampled_from(
        [TICK, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 9, 23, 45, tzinfo=UTC)]
    ),
    directory=DIRECTORIES,
    first_month=st.sampled_from([OCTOBER, NOVEMBER, Month(2026, 12)]),
    services=st.sampled_from([("endpoints",), ("endpoints", "email")]),
    ticks=st.builds(
        Ticks,
        newest=st.just(TICK),
        first_month=st.just(OCTOBER),
        planned=st.sampled_from([(), (OCTOBER,), (OCTOBER, NOVEMBER)]),
        services=st.sampled_from([{}, {"email": NOVEMBER}]),
    ),
)


@given(COMPANIES, EVERYTHING)
def test_every_open_record_is_followed_once(state: CompanyState, at: TickContext) -> None:
    """CLOSE-3, MATCH-2: each open record is due exactly once, in one job a month, whatever lists
    and names say.
    """
    plan = plan_company(state, at)
    months = [each.month for each in plan.due]
    assert len(months) == len(set(months))
    parts = [(each.month, part.service) for each in plan.due for part in each.services]
    assert len(parts) == len(set(parts))
    assert {(each.key.month, each.key.service) for each in state.records} <= set(parts)


@given(COMPANIES, EVERYTHING)
def test_only_the_eligible_are_opened(state: CompanyState, at: TickContext) -> None:
    """OPEN-4, OPEN-8, OPEN-9: a month without a record is due for a licensed, linked company alone:
    this one, or the last until the 10th.
    """
    recorded = {(each.key.month, each.key.service) for each in state.records} | state.settled
    opened = [(each, part) for each in plan_company(state, at).due for part in each.services]
    for each, part in opened:
        if (each.month, part.service) in recorded:
            continue
        assert state.presence is Presence.LICENSED
        assert state.link is not None
        assert state.link.excluded_since is None
        assert at.directory is not None
        assert at.directory.places[part.service].problem is None
        assert part.agreement is not None
        assert part.product_id == at.directory.places[part.service].product_id
        assert each.month in {at.month, at.month.previous}
        assert each.month >= at.first_month
        assert part.service != "email" or each.month >= at.ticks.services.get("email", OCTOBER)
        if each.month != at.month:
            assert at.tick < each.month.day_after_end(10)


@given(COMPANIES, EVERYTHING)
def test_planning_what_is_planned_changes_nothing(state: CompanyState, at: TickContext) -> None:
    """SAFE-7: the same tick planned again on the standing that it left leaves the same standing,
    and the same jobs.
    """
    plan = plan_company(state, at)
    after = next_standing(state, plan, at)
    again = replace(state, standing=after)
    second = plan_company(again, at)
    assert next_standing(again, second, at) == after
    assert [each.month for each in second.due] == [
        each.month for each in plan.due
    ] or after.licensed_in != (() if state.standing is None else state.standing.licensed_in)


@pytest.mark.slow
@given(COMPANIES, EVERYTHING)
def test_nobody_is_without_a_word(state: CompanyState, at: TickContext) -> None:
    """SAFE-7: a company for which nothing is due has a cause that says why, unless its month is
    settled or lists were unread.
    """
    plan = plan_company(state, at)
    if plan.due or at.directory is None or state.presence is Presence.UNREAD or not state.link:
        return
    assert plan.causes or (at.month, "endpoints") in state.settled


@given(COMPANIES, EVERYTHING)
def test_one_service_does_not_change_what_is_due_of_another(
    state: CompanyState, at: TickContext
) -> None:
    """READ-6: with or without a second service, its records and its place, the same is due of the
    first.
    """

    def of_endpoints(
        company: CompanyState, circumstances: TickContext
    ) -> list[tuple[Month, DueService]]:
        plan = plan_company(company, circumstances)
        return [
            (each.month, part)
            for each in plan.due
            for part in each.services
            if part.service == "endpoints"
        ]

    if at.directory is not None and all(place.problem for place in at.directory.places.values()):
        return
    alone = replace(
        state, records=[each for each in state.records if each.key.service == "endpoints"]
    )
    only = replace(at, services=("endpoints",))
    assert of_endpoints(state, replace(at, services=("endpoints", "email"))) == of_endpoints(
        alone, only
    )


@pytest.mark.parametrize(
    ("fields", "state", "said"),
    [
        ({"presence": Presence.PARTNER}, StandingState.NEEDS_SETUP, "partner"),
        ({"presence": Presence.UNLICENSED}, StandingState.WAITING, "no monthly subscription"),
        ({"presence": Presence.GONE}, StandingState.WAITING, "not in GravityZone any more"),
        (
            {"link": None, "unlinked": "Two are named so."},
            StandingState.NEEDS_SETUP,
            "Two are named so.",
        ),
        ({"link": None}, StandingState.WAITING, "matched"),
        ({"link": replace(MAPPING, excluded_since=TICK)}, StandingState.WAITING, "2026-11-10"),
    ],
)
def test_why_a_company_is_not_opened(
    fields: dict[str, Any], state: StandingState, said: str
) -> None:
    """SAFE-7: each reason that stops a company as a whole is its own standing, and plans no
    opening.
    """
    plan = plan_company(company(**fields), circumstances())
    assert plan.due == []
    cause = plan.causes[WHOLE_COMPANY]
    assert cause.state is state
    assert said in cause.reason


def test_a_word_from_before_stays_where_lists_fail() -> None:
    """SAFE-5, SAFE-7: unread, or not matched at this tick, a company keeps what an earlier tick
    said of it.
    """
    before = Cause(state=StandingState.NEEDS_SETUP, reason="Two are named so.", since=TICK)
    known = standing(causes={WHOLE_COMPANY: before})
    for state in (
        company(presence=Presence.UNREAD, standing=known),
        company(link=None, standing=known),
    ):
        plan = plan_company(state, circumstances())
        assert plan.causes[WHOLE_COMPANY] == before
    silent = plan_company(company(presence=Presence.UNREAD), circumstances())
    assert silent.causes.get(WHOLE_COMPANY) is None


def test_a_month_that_cannot_be_opened_for_want_of_lists_is_failing() -> None:
    """SAFE-5, SAFE-7: without ConnectWise's lists nothing is opened, and the month's standing says
    what failed.
    """
    before = Cause(state=StandingState.NEEDS_SETUP, reason="2 active agreements", since=TICK)
    state = company(standing=standing(NOVEMBER, causes={Scope(NOVEMBER): before}))
    at = circumstances(
        directory=None, failures=["ConnectWise's agreements could not be listed: 502"]
    )
    plan = plan_company(state, at)
    assert plan.due == []
    shown = next_standing(state, plan, at).shown
    assert shown.state is StandingState.FAILING
    for said in ("November 2026", "agreements could not be listed: 502"):
        assert said in shown.reason
    opened = company(records=[record(NOVEMBER)])
    assert plan_company(opened, at).causes == {}


def test_a_word_on_a_month_goes_with_its_record() -> None:
    """SAFE-7: what was said of a month that is not followed any more is said no more."""
    said = {
        of_record("2026-10"): Cause(state=StandingState.BILLING),
        of_record("2026-11"): Cause(state=StandingState.HELD),
    }
    state = company(
        records=[record(NOVEMBER)],
        settled=frozenset({(OCTOBER, "endpoints")}),
        standing=standing(causes=said),
    )
    plan = plan_company(state, circumstances())
    assert set(next_standing(state, plan, circumstances()).causes) == {of_record("2026-11")}


def test_the_month_before_needs_to_have_been_seen() -> None:
    """OPEN-9: until the 10th, for a company seen licensed in it; unseen where ticks succeeded it is
    not due, else only if used.
    """
    early = circumstances(tick=datetime(2026, 11, 9, 23, 45, tzinfo=UTC))
    seen = company(standing=standing(OCTOBER), records=[record(NOVEMBER)])
    unseen = replace(seen, standing=standing(NOVEMBER))
    assert due(OCTOBER) in plan_company(seen, early).due
    assert [each.month for each in plan_company(unseen, early).due] == [NOVEMBER]
    assert [
        each.month for each in plan_company(seen, circumstances(tick=TICK.replace(hour=0))).due
    ] == [NOVEMBER]
    missed = replace(early, ticks=Ticks(newest=TICK, first_month=OCTOBER, planned=(NOVEMBER,)))
    assert due(OCTOBER, only_if_used=True) in plan_company(unseen, missed).due
    assert plan_company(unseen, missed).causes == {}


def test_before_the_first_month() -> None:
    """OPEN-8: a month before the first is not due; of the present one the company is told when it
    begins.
    """
    plan = plan_company(company(), circumstances(first_month=Month(2026, 12)))
    assert plan.due == []
    assert plan.causes[Scope(NOVEMBER)].until == datetime(2026, 12, 1, tzinfo=UTC)
    assert plan_company(
        company(standing=standing(OCTOBER)), circumstances(first_month=NOVEMBER)
    ).causes.keys() == {Scope(NOVEMBER)}


def test_a_record_without_its_addition_may_be_opened_on_what_is_right_now() -> None:
    """MATCH-3, OPEN-6: a month held at its opening is due on the agreement that is right now, and
    the reason stands if none is.
    """
    state = company(records=[record(NOVEMBER, opened=False)])
    assert plan_company(state, circumstances()).due == [due(NOVEMBER)]
    nowhere = plan_company(state, circumstances(directory=directory(agreements={})))
    assert nowhere.due == [due(NOVEMBER, None)]
    assert nowhere.causes[Scope(NOVEMBER)].state is StandingState.NEEDS_SETUP
    gone = plan_company(replace(state, presence=Presence.GONE), circumstances())
    assert [part.may_open for each in gone.due for part in each.services] == [False]


def test_an_absence_that_is_known() -> None:
    """SAFE-7: a company that an earlier tick found gone is recognised by its standing, whatever
    else stands in it.
    """
    for presence in (Presence.UNLICENSED, Presence.GONE):
        plan = plan_company(company(presence=presence), circumstances())
        assert known_absence(standing(causes=plan.causes)) is presence
    assert known_absence(None) is None
    other = Cause(state=StandingState.NEEDS_SETUP, reason="other")
    assert known_absence(standing(causes={WHOLE_COMPANY: other})) is None


def test_two_months_are_remembered() -> None:
    """OPEN-9: the last two months in which the company was listed as licensed are kept; other
    presences add none.
    """
    state = company(standing=standing(Month(2026, 9), OCTOBER))
    assert next_standing(state, CompanyPlan(), circumstances()).licensed_in == (OCTOBER, NOVEMBER)
    unread = replace(state, presence=Presence.UNREAD)
    assert next_standing(unread, CompanyPlan(), circumstances()).licensed_in == (
        Month(2026, 9),
        OCTOBER,
    )


def test_a_decision_carried_out_leaves_nothing_to_open() -> None:
    """OPEN-1, SAFE-4: planned, decided, carried out, and planned again: the record is followed, and
    nothing is opened.
    """
    rig = Rig()
    rig.run(facts())
    plan = plan_company(company(records=[rig.record]), circumstances())
    assert [(each.month, part.may_open) for each in plan.due for part in each.services] == [
        (NOVEMBER, False)
    ]


def test_a_company_that_is_gone_is_known_again_by_a_cause_that_was_cut() -> None:
    """MATCH-7: where ConnectWise's companies cannot be listed, what was found before stands, though
    twenty agreements with long names went into it.
    """
    moved = {
        number: replace(AGREEMENT, id=number, company_id=8, name="Managed security " * 10)
        for number in range(40, 60)
    }
    months = [
        replace(record(NOVEMBER, service=f"s{number}"), lines=(a_line(agreement_id=number),))
        for number in moved
    ]
    listed = replace(DIRECTORY, by_id=moved)
    at = circumstances(directory=listed, firms=Firms(gone={7: "was deleted"}, names={}))
    told = moved_away(company(records=months), at)
    assert told is not None
    assert told.reason.endswith("…")
    later = company(records=months, standing=standing(causes={WHOLE_COMPANY: told}))
    assert moved_away(later, replace(at, firms=None)) == told


def test_an_odd_agreement_beside_the_pinned_one_stops_no_open_month() -> None:
    """MATCH-3, SAFE-5: a person has chosen; without a pin the odd one may be meant."""
    odd = replace(AGREEMENT, id=32, unreadable="Its start is no date.")
    at = circumstances(directory=directory(agreements={7: [AGREEMENT, odd]}))
    month = replace(record(OCTOBER), lines=())
    for pinned, agreement in ((None, None), (AGREEMENT.id, AGREEMENT), (odd.id, None)):
        customer = company(link=replace(MAPPING, pinned_agreement_id=pinned), records=[month])
        (due_now, *_) = [each for each in plan_company(customer, at).due if each.month == OCTOBER]
        assert due_now.services[0].agreement == agreement


@pytest.mark.parametrize("name", ["Acme Reseller", "Acme\u200b Reseller", "Acme\nReseller"])
def test_a_partner_is_known_again_in_a_cause_whatever_its_name(name: str) -> None:
    """READ-9, SAFE-10: a cause shows no character that does not show; for that it is no other's."""
    refusal = below_a_refused_one(name)
    assert still_holds(refusal, [name])
    assert not still_holds(refusal, ["Bolt Reseller"])
