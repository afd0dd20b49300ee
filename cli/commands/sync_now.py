"""`tally sync`: has a tick planned now, or one company, without waiting for the schedule."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from cli.command import Session, UsageError, Yes, command
from cli.company_search import find_company
from cli.exit_codes import DONE, FINDINGS
from cli.output import Step
from cli.presentation.documents import Document, cause_document
from cli.presentation.words import instant, minute, month_of, several
from cli.resync import Outcome, sync_company
from cli.stack import Stack
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.people.read_overview import read_overview

_EVERY_SECONDS = 2.0
_EMPTY_TWICE = 2
"""SQS counts approximately: only a queue that looks empty twice is taken for empty."""


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "sync")(sync)


def sync(
    session: Session,
    company: Annotated[
        str | None, typer.Argument(help="One company alone: its GravityZone id or name.")
    ] = None,
    *,
    month: Annotated[
        str | None, typer.Option(help="One month of that company alone, yyyy-mm.")
    ] = None,
    wait: Annotated[
        int, typer.Option(min=0, help="For how many seconds to wait for what comes of it.")
    ] = 900,
    yes: Yes = False,
) -> int:
    """Have a tick planned now, or one company alone, and tell what came of it."""
    if company is None:
        if month is not None:
            raise UsageError("--month goes with a company: a tick plans every month that is due.")
        return _tick(session, wait=wait, yes=yes)
    stack = session.stack
    found = find_company(stack, company)
    of_month = None if month is None else month_of(month, now=stack.clock.now())
    what = "all its months that are due" if of_month is None else of_month.label
    session.confirm(f"Bring {found.name} ({found.id}) up to date now, {what}?", yes=yes)
    with session.output.progress(f"planning {found.name}") as step:
        outcome = sync_company(
            stack,
            found,
            months=None if of_month is None else {of_month},
            wait=wait,
            on_step=lambda what: step(done=0, what=what),
        )
    return _told(session, outcome)


def _tick(session: Session, *, wait: int, yes: bool) -> int:
    stack, out = session.stack, session.output
    session.confirm(f"Have the planner of the stack {stack.name} plan a tick now?", yes=yes)
    with out.progress("planning") as step:
        tick = stack.clock.now().replace(microsecond=0)
        planned = stack.invoke(tick)
        skipped, jobs = str(planned.get("skipped", "")), int(planned.get("jobs", 0))
        # A tick that was skipped has put nothing on the queue: nothing is waited for.
        left = jobs if skipped else _left(stack, jobs, wait=wait, step=step)
    # After the wait, so that the standings are those that came of this tick.
    seen = read_overview(stack.ledger(), months=[Month.of(tick)])
    standings = {
        state.label: seen.standings[state] for state in sorted(StandingState, reverse=True)
    }
    if out.as_json:
        out.document(
            {
                "tick": instant(tick),
                "planned": dict(planned),
                "waiting": left or 0,
                "standings": standings,
            }
        )
    else:
        _print_tick(session, planned, left=left, standings=standings)
    failing = seen.standings[StandingState.FAILING]
    return FINDINGS if skipped or failing else DONE


def _left(stack: Stack, jobs: int, *, wait: int, step: Step) -> int | None:
    """Wait so many seconds at most for the workers. Return the jobs that are left; None if done."""
    left, empty, waited = jobs, 0, 0.0
    while empty < _EMPTY_TWICE and waited < wait:
        stack.sleep(_EVERY_SECONDS)
        waited += _EVERY_SECONDS
        left = stack.waiting()
        empty = empty + 1 if left == 0 else 0
        step(done=max(jobs - left, 0), total=jobs, what="workers")
    return left if empty < _EMPTY_TWICE else None


def _print_tick(
    session: Session,
    planned: Mapping[str, Any],
    *,
    left: int | None,
    standings: Mapping[str, int],
) -> None:
    out = session.output
    if planned.get("skipped"):
        out.say(f"Nothing was planned: {planned['skipped']}.")
        return
    linked = f", {planned['linked']} linked by their names" if planned.get("linked") else ""
    companies = several(int(planned.get("companies", 0)), "company", "companies")
    out.say(f"Planned: {companies}, {several(int(planned.get('jobs', 0)), 'job')}{linked}.")
    out.say(
        "All jobs are done."
        if left is None
        else f"{several(left, 'job')} not done yet; `tally status` tells how it goes on."
    )
    out.say(
        "Standings: "
        f"{', '.join(f'{count} {label}' for label, count in standings.items() if count) or 'none'}."
    )
    if not planned.get("companies"):
        out.say("The tick found nobody to bill. `tally doctor` says why.")


def _told(session: Session, outcome: Outcome) -> int:
    out = session.output
    if out.as_json:
        out.document(_document(outcome))
    else:
        _print(session, outcome)
    failing = outcome.standing is not None and outcome.standing.shown.state is StandingState.FAILING
    return FINDINGS if failing or outcome.failed or not outcome.done else DONE


def _document(outcome: Outcome) -> Document:
    return {
        "company": outcome.company.id,
        "name": outcome.company.name,
        "tick": instant(outcome.tick),
        "failed": outcome.failed,
        "done": outcome.done,
        "months": [str(each) for each in outcome.months],
        "steps": [
            {
                "month": str(key.month),
                "service": key.service,
                "at": instant(entry.at),
                "what": entry.what,
                "why": entry.why,
            }
            for key, entry in outcome.steps
        ],
        "standing": None if outcome.standing is None else cause_document(outcome.standing.shown),
    }


def _print(session: Session, outcome: Outcome) -> None:
    out, name = session.output, outcome.company.name
    if outcome.failed:
        out.say(f"Not all could be read: {outcome.failed}")
    if not outcome.months:
        out.say(f"Nothing is due for {name}.")
    elif not outcome.done:
        out.say(
            f"{name}: {_months(outcome.months)} queued, and not done yet; `tally show` tells how "
            "it goes on."
        )
    elif not outcome.steps:
        out.say(f"{name}: {_months(outcome.months)} read, and nothing is to be changed.")
    for key, entry in outcome.steps:
        why = f": {entry.why}" if entry.why else ""
        out.say(f"{minute(entry.at)}  {key.month} {key.service}  {entry.what}{why}")
    if outcome.standing is not None:
        cause = outcome.standing.shown
        out.say(f"Standing: {cause.state.label}. {cause.reason}".rstrip())


def _months(months: Sequence[Month]) -> str:
    return " and ".join(each.label for each in months)
