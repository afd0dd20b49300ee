"""`tally failed …`: shows what failed for good and why, and has it done after all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import typer

from cli.asked_again import AGAIN, ask_again
from cli.command import Session, Yes, command
from cli.company_search import Found, find_company
from cli.deployment.dead_letters import Letter, LetterKind
from cli.exit_codes import DONE, FINDINGS
from cli.first_tick import before_first_tick
from cli.output import Column, Output
from cli.presentation.documents import Document
from cli.presentation.words import NOTHING, instant, minute, several
from cli.resync import queue_company
from cli.stack import Stack
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import unopened
from tally.errors import RefusedJobError, TallyError
from tally.messages import Job
from tally.ports import Ledger
from tally.worker.job_checks import check_due, check_job

_MOST_NAMED = 5
_UNREADABLE = "It is no job that this version of Tally can read."


def add(app: typer.Typer) -> None:
    """Add the commands."""
    failed = typer.Typer(
        rich_markup_mode=None, help="Look at what failed for good, and have it done after all."
    )
    command(failed, "list")(list_failed)
    command(failed, "retry")(retry)
    app.add_typer(failed, name="failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A letter with its subject, and the reason of its failure as far as anybody knows."""

    letter: Letter
    about: str
    reason: str


def list_failed(session: Session) -> int:
    """List what failed to the last attempt, in each queue of failures, with its reason.

    Exits with 1 where there are any.
    """
    stack, out = session.stack, session.output
    queues = stack.dead_letters()
    letters = queues.read()
    try:
        ledger = stack.ledger()
        shown = [_shown(each, ledger, now=stack.clock.now()) for each in letters]
    finally:
        # SQS hides what was read for a minute: without this the next look would find nothing.
        queues.release(letters)
    if out.as_json:
        out.document([_document(each) for each in shown])
    elif not shown:
        out.say(_nothing_failed(stack))
    else:
        out.table(
            (
                Column("Failed (GMT)"),
                Column("Queue"),
                Column("What", wide=2),
                Column("Why", wide=3),
            ),
            (
                [minute(each.letter.sent), each.letter.kind, each.about, each.reason]
                for each in shown
            ),
        )
        out.say()
        out.say(
            f"{several(len(shown), 'message')}. `tally failed retry` has done what they are about, "
            "and removes them."
        )
    return FINDINGS if shown else DONE


def retry(
    session: Session,
    company: Annotated[
        str | None, typer.Argument(help="Only jobs of this company: its GravityZone id or name.")
    ] = None,
    *,
    yes: Yes = False,
) -> int:
    """Have done what failed for good, and remove its messages.

    A job is never replayed: its company is planned anew, so that what is done is right now. A tick
    that failed is made up for by one tick now, and so is a job that nobody can read; a book by one
    look at the books, machines by one walk. A digest is sent after all.
    """
    stack, out = session.stack, session.output
    queues = stack.dead_letters()
    letters = list(queues.read())
    try:
        wanted = letters if company is None else _of(find_company(stack, company), letters)
        if not wanted:
            nothing = f"No job of {company} has failed for good."
            _tell_nothing(out, _nothing_failed(stack) if company is None else nothing)
            return DONE
        session.confirm(_question(wanted), yes=yes)
        retried = _retry(session, wanted)
        # Removed after the planning: interrupted between the two, a company is planned twice, which
        # changes nothing (SAFE-4). The other way round, what had failed would be forgotten.
        for each in retried.removed:
            queues.delete(each)
            letters.remove(each)
    finally:
        queues.release(letters)
    return _told(session, retried)


def _of(company: Found, letters: Sequence[Letter]) -> Sequence[Letter]:
    return [each for each in letters if each.job is not None and each.job.company_id == company.id]


def _tell_nothing(out: Output, text: str) -> None:
    if out.as_json:
        out.document(_retried_document(_Retried(planned=[], removed=[], kept=[])))
    else:
        out.say(text)


def _nothing_failed(stack: Stack) -> str:
    return f"Nothing has failed for good. {before_first_tick(stack)}".rstrip()


@dataclass(slots=True, kw_only=True)
class _Retried:
    """The companies planned anew, the letters that this answers, and why the others stay."""

    planned: list[tuple[Found, Sequence[Month]]]
    removed: list[Letter]
    kept: list[tuple[Letter, str]]
    asked: set[LetterKind] = field(default_factory=set)
    tick: str = ""


def _retry(session: Session, letters: Sequence[Letter]) -> _Retried:
    retried = _Retried(planned=[], removed=[], kept=[])
    for letter, why in ask_again(session.stack, [each for each in letters if each.kind in AGAIN]):
        if why:
            retried.kept.append((letter, why))
        else:
            retried.asked.add(letter.kind)
            retried.removed.append(letter)
    of_ticks = _for_a_tick(letters)
    if of_ticks:
        _tick_anew(session, of_ticks, retried)
    by_company: dict[str, list[Letter]] = {}
    for each in letters:
        if each.job is not None:
            by_company.setdefault(each.job.company_id, []).append(each)
    with session.output.progress("planning anew") as step:
        for number, (company_id, of_company) in enumerate(by_company.items()):
            step(done=number, total=len(by_company))
            _plan_anew(session, company_id, of_company, retried)
    return retried


def _for_a_tick(letters: Sequence[Letter]) -> Sequence[Letter]:
    """Return those that a tick makes up for: failed ticks, and jobs that nobody can read."""
    return [each for each in letters if each.job is None and each.kind not in AGAIN]


def _plan_anew(
    session: Session, company_id: str, letters: Sequence[Letter], retried: _Retried
) -> None:
    """Queue what is due of the company now. That answers its letters, even if nothing is due."""
    # All letters of the company are answered at once: what is due now, not what was due then.
    job = next(each.job for each in letters if each.job is not None)
    found = Found(id=company_id, name=job.company_name)
    try:
        jobs, failed = queue_company(session.stack, found, months=None)
    except TallyError as error:
        retried.kept += [(each, str(error)) for each in letters]
        return
    # A list that could not be read may be why nothing is due: so nothing answers the letters.
    if failed and not jobs:
        retried.kept += [(each, failed) for each in letters]
        return
    retried.planned.append((found, sorted({each.month for each in jobs})))
    retried.removed += letters


def _tick_anew(session: Session, letters: Sequence[Letter], retried: _Retried) -> None:
    tick = session.stack.clock.now().replace(microsecond=0)
    try:
        planned = session.stack.invoke(tick)
    except TallyError as error:
        retried.kept += [(each, str(error)) for each in letters]
        return
    # A tick that plans nothing makes up for none that failed.
    if skipped := planned.get("skipped"):
        retried.kept += [(each, f"nothing was planned: {skipped}") for each in letters]
        return
    retried.tick = instant(tick) or ""
    retried.removed += letters


def _question(letters: Sequence[Letter]) -> str:
    companies = sorted({each.job.company_name for each in letters if each.job is not None})
    more = len(companies) - _MOST_NAMED
    named = ", ".join(companies[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    parts = [*(["a tick"] if _for_a_tick(letters) else []), *([named] if named else [])]
    kinds = {each.kind for each in letters}
    acts = [
        *([f"plan {' and '.join(parts)} anew"] if parts else []),
        *(f"{again.act} now" for kind, again in AGAIN.items() if kind in kinds),
    ]
    told = f"{', '.join(acts)}, and remove {several(len(letters), 'message')}?"
    return told[0].upper() + told[1:]


def _told(session: Session, retried: _Retried) -> int:
    if session.output.as_json:
        session.output.document(_retried_document(retried))
    else:
        _print_retried(session.output, retried)
    return FINDINGS if retried.kept else DONE


def _retried_document(retried: _Retried) -> Document:
    return {
        "planned": [
            {"company": found.id, "name": found.name, "months": [str(each) for each in months]}
            for found, months in retried.planned
        ],
        "tick": retried.tick or None,
        "asked": sorted(retried.asked),
        "removed": len(retried.removed),
        "kept": [
            {"id": each.id, "queue": each.kind.value, "why": why} for each, why in retried.kept
        ],
    }


def _print_retried(out: Output, retried: _Retried) -> None:
    if retried.tick:
        out.say(f"A tick was planned at {retried.tick}.")
    for found, months in retried.planned:
        out.say(
            f"{found.name}: "
            f"{' and '.join(each.label for each in months) or 'nothing is due any more'}."
        )
    for kind in sorted(retried.asked):
        out.say(f"Asked for: {AGAIN[kind].act}. If it fails again, it comes to this list again.")
    out.say(f"{several(len(retried.removed), 'message')} removed.")
    for each, why in retried.kept:
        out.say(f"Kept: {each.kind} message {each.id}: {why}")


def _shown(letter: Letter, ledger: Ledger, *, now: datetime) -> _Shown:
    job = letter.job
    if job is not None:
        return _Shown(
            letter=letter,
            about=f"{job.company_name}, {job.month}",
            # A refused job writes no standing, so this comes before what the standing says.
            reason=_why_refused(job, ledger, now=now)
            or _why_failing(ledger, job.company_id, job.month)
            or "It does not fail any more, by its standing.",
        )
    if letter.kind is LetterKind.JOB:
        return _Shown(letter=letter, about=NOTHING, reason=_UNREADABLE)
    return _Shown(
        letter=letter, about=_about(letter), reason=letter.reason or "No reason was given."
    )


def _about(letter: Letter) -> str:
    """Return what was to be done, in the words of the event that failed."""
    match letter.kind:
        case LetterKind.DIGEST:
            return f"digest {letter.word('digest') or NOTHING}, {letter.word('at') or NOTHING}"
        case LetterKind.BOOK:
            return f"look at the books {letter.word('at') or NOTHING}"
        case LetterKind.EVIDENCE:
            company = letter.word("company_id")
            of_company = f", machines of {company}" if company else ""
            return f"walk {letter.word('walk') or NOTHING}{of_company}"
        case _:
            return f"tick {letter.tick or NOTHING}"


def _why_refused(job: Job, ledger: Ledger, *, now: datetime) -> str:
    """Say why a worker refuses the whole job; "" if it does not (SAFE-9)."""
    try:
        check_job(job, now=now)
        keys = {
            each: RecordKey(company_id=job.company_id, month=job.month, service=each.service)
            for each in job.services
        }
        check_due(
            job, {each: ledger.record(key) or unopened(key, job.tick) for each, key in keys.items()}
        )
    except RefusedJobError as error:
        return str(error)
    return ""


def _why_failing(ledger: Ledger, company_id: str, month: Month) -> str:
    """Return the company's standing of the month, in which a worker tells why it failed."""
    standing = ledger.standing(company_id)
    # Only the newest words are kept: they may be of a later job than the letter's.
    causes = {} if standing is None else standing.causes
    of_month = [cause for scope, cause in sorted(causes.items()) if scope.month == month]
    return " ".join(cause.reason for cause in of_month if cause.state is StandingState.FAILING)


def _document(shown: _Shown) -> Document:
    job = shown.letter.job
    return {
        "id": shown.letter.id,
        "queue": shown.letter.kind.value,
        "sent": instant(shown.letter.sent),
        "about": shown.about,
        "company": None if job is None else job.company_id,
        "name": None if job is None else job.company_name,
        "month": None if job is None else str(job.month),
        "tick": shown.letter.tick if job is None else instant(job.tick),
        "reason": shown.reason,
    }
