"""`tally plan`: tells what a tick would do, down to each write. Nothing is written."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.command import Session, command
from cli.company_search import find_company
from cli.documents import Document
from cli.exit_codes import DONE, FINDINGS
from cli.first_tick import no_tick_yet
from cli.output import Column
from cli.rehearsal.rehearse import Rehearsal, RehearsedJob, rehearse
from cli.rehearsal.rehearsed_connectwise import Write, WriteKind
from cli.words import instant, minute, month_of, several
from tally.domain.model.standing import Standing
from tally.domain.model.terms import Terms
from tally.domain.record.history import Transition
from tally.messages import Job


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "plan")(plan)


def plan(
    session: Session,
    company: Annotated[
        str | None, typer.Argument(help="Of one company alone: its GravityZone id or name.")
    ] = None,
    *,
    month: Annotated[str | None, typer.Option(help="Of one month alone, yyyy-mm.")] = None,
) -> int:
    """Tell what a tick of this moment would do, down to each write.

    Both sides are read, and nothing is written anywhere. One count is read of each company that is
    due, at half of GravityZone's pace, so that workers are not slowed down.
    """
    stack = session.stack
    only = None if company is None else find_company(stack, company)
    of_month = None if month is None else month_of(month, now=stack.clock.now())

    def wanted(job: Job) -> bool:
        return (only is None or job.company_id == only.id) and of_month in (None, job.month)

    with session.output.progress("reading the lists") as step:
        rehearsal = rehearse(
            stack,
            wanted=wanted,
            on_job=lambda done, total, name: step(done=done, total=total, what=name[:30]),
        )
    ids = None if only is None else {only.id}
    if session.output.as_json:
        session.output.document(_document(rehearsal, ids))
    else:
        _print(session, rehearsal, ids)
    return FINDINGS if rehearsal.failed or any(each.failed for each in rehearsal.jobs) else DONE


def _document(rehearsal: Rehearsal, ids: set[str] | None) -> Document:
    return {
        "tick": instant(rehearsal.tick),
        "jobs": len(rehearsal.jobs),
        "backlog": rehearsal.backlog,
        "skipped": rehearsal.skipped,
        "failed": rehearsal.failed,
        "writes": [
            {**_of_job(each), **_write_document(write)}
            for each in rehearsal.jobs
            for write in each.writes
        ],
        "steps": [
            {**_of_job(each), "service": step.after.key.service, "what": step.what, "why": step.why}
            for each in rehearsal.jobs
            for step in each.transitions
        ],
        "holds": [
            {**_of_job(each), "service": step.after.key.service, "why": step.after.hold.why}
            for each in rehearsal.jobs
            for step in _holds(each)
            if step.after.hold is not None
        ],
        "ties": [
            {
                "company": each.after.company_id,
                "name": each.after.company_name,
                "connectwise": each.after.connectwise_id,
            }
            for each in rehearsal.ties
            if ids is None or each.after.company_id in ids
        ],
        "standings": [
            {
                "company": after.company_id,
                "name": after.company_name,
                "before": None if before is None else before.shown.state.label,
                "after": after.shown.state.label,
                "reason": after.shown.reason,
            }
            for before, after in _of(rehearsal.standings, ids)
        ],
        "waits": [{**_of_job(each), "why": each.waits} for each in rehearsal.jobs if each.waits],
        "failures": [
            {**_of_job(each), "why": each.failed} for each in rehearsal.jobs if each.failed
        ],
    }


def _print(session: Session, rehearsal: Rehearsal, ids: set[str] | None) -> None:
    out = session.output
    out.say(
        f"A tick at {minute(rehearsal.tick)} GMT: "
        f"{several(len(rehearsal.jobs), 'company-month')} due. Nothing was written."
    )
    if session.stack.ledger().ticks() is None:
        out.say(f"It would be the first tick. {no_tick_yet(session.stack)}")
    elif not rehearsal.jobs and ids is None:
        out.say("Nobody is to be billed: `tally doctor` says why.")
    if rehearsal.failed:
        out.say(f"Not all could be read: {rehearsal.failed}")
    if rehearsal.skipped:
        out.say(f"The planner would queue nothing at this moment: {rehearsal.skipped}.")
    writes = [(each, write) for each in rehearsal.jobs for write in each.writes]
    out.say()
    out.say(f"Writes to ConnectWise: {len(writes) or 'none'}", style="bold")
    if writes:
        columns = (Column("Company", wide=2), Column("Month"), Column("Write", wide=3))
        out.table(
            columns,
            ([each.job.company_name, str(each.job.month), _write(write)] for each, write in writes),
        )
    parts: list[tuple[str, list[str]]] = [
        (
            "Would be tied",
            [
                (
                    f"{each.after.company_name} to {each.after.connectwise_name!r} (id "
                    f"{each.after.connectwise_id})"
                )
                for each in rehearsal.ties
                if ids is None or each.after.company_id in ids
            ],
        ),
        (
            "Would be held",
            [
                f"{_named(each, step)}: {step.after.hold.why}"
                for each in rehearsal.jobs
                for step in _holds(each)
                if step.after.hold is not None
            ],
        ),
        (
            "Would be closed",
            [
                f"{_named(each, step)} at {step.after.stands}"
                for each in rehearsal.jobs
                for step in each.transitions
                if step.what == "closed"
            ],
        ),
        (
            "Standings that would change",
            [_standing(before, after) for before, after in _of(rehearsal.standings, ids)],
        ),
        (
            "Would come back later",
            [f"{_of_month(each)}: {each.waits}" for each in rehearsal.jobs if each.waits],
        ),
        (
            "Could not be told",
            [f"{_of_month(each)}: {each.failed}" for each in rehearsal.jobs if each.failed],
        ),
    ]
    for title, lines in parts:
        if lines:
            out.say()
            out.say(f"{title}: {len(lines)}", style="bold")
            for line in lines:
                out.say(f"  {line}")


def _of(
    standings: Sequence[tuple[Standing | None, Standing]], ids: set[str] | None
) -> list[tuple[Standing | None, Standing]]:
    return [
        (before, after) for before, after in standings if ids is None or after.company_id in ids
    ]


def _holds(each: RehearsedJob) -> list[Transition]:
    return [
        step
        for step in each.transitions
        if step.after.hold is not None and step.before.hold != step.after.hold
    ]


def _of_job(each: RehearsedJob) -> Document:
    return {
        "company": each.job.company_id,
        "name": each.job.company_name,
        "month": str(each.job.month),
    }


def _write_document(write: Write) -> Document:
    return {
        "kind": write.kind.value,
        "agreement": write.agreement_id,
        "addition": write.addition_id,
        "quantity": write.quantity,
        "before": None if write.before is None else float(write.before),
        "effective": None if write.effective is None else write.effective.isoformat(),
        "cancelled": None if write.cancelled is None else write.cancelled.isoformat(),
        "text": write.text,
        "terms": None if write.terms is None else _terms(write.terms),
    }


def _terms(terms: Terms) -> Document:
    return {
        "unit_price": None if terms.unit_price is None else str(terms.unit_price),
        "less_included": None if terms.less_included is None else str(terms.less_included),
        "taxable": terms.taxable,
        "bill_customer": terms.bill_customer,
    }


def _write(write: Write) -> str:
    addition = "the new Addition" if write.addition_id is None else f"Addition {write.addition_id}"
    if write.kind is WriteKind.CREATE:
        return (
            f"new Addition of {write.quantity} on agreement {write.agreement_id}, "
            f"{write.effective} to {write.cancelled}"
        )
    if write.kind is WriteKind.SET_QUANTITY:
        before = "" if write.before is None else f" from {write.before.normalize():f}"
        return f"{addition} on agreement {write.agreement_id}:{before} to {write.quantity}"
    if write.kind is WriteKind.TAKE_OVER:
        return f"{addition} on agreement {write.agreement_id} taken over, until {write.cancelled}"
    given = (
        {name: value for name, value in _terms(write.terms).items() if value is not None}
        if write.terms
        else {}
    )
    return (
        f"{addition} on agreement {write.agreement_id}: "
        f"{', '.join(f'{name} {value}' for name, value in given.items())}"
    )


def _of_month(each: RehearsedJob) -> str:
    return f"{each.job.company_name}, {each.job.month}"


def _named(each: RehearsedJob, step: Transition) -> str:
    return f"{each.job.company_name}, {step.after.key.month} {step.after.key.service}"


def _standing(before: Standing | None, after: Standing) -> str:
    was, becomes = "new" if before is None else before.shown.state.label, after.shown.state.label
    change = f"still {was}" if was == becomes else f"{was} to {becomes}"
    return f"{after.company_name}: {change}. {after.shown.reason}".rstrip()
