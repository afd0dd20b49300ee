"""`tally plan`: tells what a tick would do, down to each write. Nothing is written."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from cli.command import Session, command
from cli.company_search import find_company
from cli.exit_codes import DONE, FINDINGS
from cli.first_tick import no_tick_yet
from cli.output import Column, Output
from cli.presentation.documents import Document
from cli.presentation.words import instant, minute, month_of, several
from cli.rehearsal.rehearse import Rehearsal, RehearsedJob, rehearse
from cli.rehearsal.rehearsed_connectwise import Write, WriteKind
from tally.domain.holds import Hold
from tally.domain.model.company import CompanyLink, LinkChange
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
    # The planner reads its lists in bulk and plans everybody: only now is the rest left out.
    if only is not None:
        rehearsal = _of_company(rehearsal, only.id)
    if session.output.as_json:
        session.output.document(_document(rehearsal))
    else:
        _print(session, rehearsal, alone=only is not None)
    return FINDINGS if rehearsal.failed or any(each.failed for each in rehearsal.jobs) else DONE


def _of_company(rehearsal: Rehearsal, company_id: str) -> Rehearsal:
    return replace(
        rehearsal,
        links=[each for each in rehearsal.links if each.after.company_id == company_id],
        standings=[
            (before, after)
            for before, after in rehearsal.standings
            if after.company_id == company_id
        ],
    )


def _document(rehearsal: Rehearsal) -> Document:
    jobs = rehearsal.jobs
    return {
        "tick": instant(rehearsal.tick),
        "jobs": len(jobs),
        "backlog": rehearsal.backlog,
        "skipped": rehearsal.skipped,
        "failed": rehearsal.failed,
        "writes": [{**_of_job(each), **_write_document(write)} for each, write in _writes(jobs)],
        "steps": [
            {**_of_job(each), "service": step.after.key.service, "what": step.what, "why": step.why}
            for each, step in _steps(jobs)
        ],
        "holds": [
            {**_of_job(each), "service": step.after.key.service, "why": hold.why}
            for each, step, hold in _holds(jobs)
        ],
        "links": [_link_document(each) for each in rehearsal.links],
        "standings": [_standing_document(*each) for each in rehearsal.standings],
        "waits": [{**_of_job(each), "why": each.waits} for each in jobs if each.waits],
        "failures": [{**_of_job(each), "why": each.failed} for each in jobs if each.failed],
    }


def _link_document(change: LinkChange) -> Document:
    link = change.after
    return {
        "company": link.company_id,
        "name": link.company_name,
        "connectwise": link.connectwise_id,
    }


def _standing_document(before: Standing | None, after: Standing) -> Document:
    return {
        "company": after.company_id,
        "name": after.company_name,
        "before": None if before is None else before.shown.state.label,
        "after": after.shown.state.label,
        "reason": after.shown.reason,
    }


def _print(session: Session, rehearsal: Rehearsal, *, alone: bool) -> None:
    out = session.output
    out.say(
        f"A tick at {minute(rehearsal.tick)} GMT: {several(len(rehearsal.jobs), 'company-month')} "
        "due. Nothing was written."
    )
    # The real ledger is asked: the rehearsed one has had its tick by now.
    if session.stack.ledger().ticks() is None:
        out.say(f"It would be the first tick. {no_tick_yet(session.stack)}")
    elif not rehearsal.jobs and not alone:
        out.say("Nobody is to be billed: `tally doctor` says why.")
    if rehearsal.failed:
        out.say(f"Not all could be read: {rehearsal.failed}")
    if rehearsal.skipped:
        out.say(f"The planner would queue nothing at this moment: {rehearsal.skipped}.")
    _print_writes(out, rehearsal.jobs)
    for title, lines in _parts(rehearsal):
        if lines:
            out.say()
            out.say(f"{title}: {len(lines)}", style="bold")
            for line in lines:
                out.say(f"  {line}")


def _print_writes(out: Output, jobs: Sequence[RehearsedJob]) -> None:
    rows = [
        [each.job.company_name, str(each.job.month), _write(write)] for each, write in _writes(jobs)
    ]
    out.say()
    out.say(f"Writes to ConnectWise: {len(rows) or 'none'}", style="bold")
    if rows:
        out.table((Column("Company", wide=2), Column("Month"), Column("Write", wide=3)), rows)


def _parts(rehearsal: Rehearsal) -> Iterator[tuple[str, list[str]]]:
    jobs = rehearsal.jobs
    yield "Would be linked", [_link(each.after) for each in rehearsal.links]
    yield (
        "Would be held",
        [f"{_named(each, step)}: {hold.why}" for each, step, hold in _holds(jobs)],
    )
    yield (
        "Would be closed",
        [
            f"{_named(each, step)} at {step.after.stands}"
            for each, step in _steps(jobs)
            if step.what == "closed"
        ],
    )
    yield "Standings that would change", [_standing(*each) for each in rehearsal.standings]
    yield (
        "Would come back later",
        [f"{_of_month(each)}: {each.waits}" for each in jobs if each.waits],
    )
    yield (
        "Could not be told",
        [f"{_of_month(each)}: {each.failed}" for each in jobs if each.failed],
    )


def _holds(jobs: Sequence[RehearsedJob]) -> Iterator[tuple[RehearsedJob, Transition, Hold]]:
    """Yield each step that begins or changes a hold, with its job and the hold."""
    for each, step in _steps(jobs):
        hold = step.after.hold
        if hold is not None and step.before.hold != hold:
            yield each, step, hold


def _writes(jobs: Sequence[RehearsedJob]) -> Iterator[tuple[RehearsedJob, Write]]:
    return ((each, write) for each in jobs for write in each.writes)


def _steps(jobs: Sequence[RehearsedJob]) -> Iterator[tuple[RehearsedJob, Transition]]:
    return ((each, step) for each in jobs for step in each.transitions)


def _link(link: CompanyLink) -> str:
    return f"{link.company_name} to {link.connectwise_name!r} (id {link.connectwise_id})"


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
        # Without zeros at the end, and by `f` without the exponent that 10 would get (1E+1).
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
