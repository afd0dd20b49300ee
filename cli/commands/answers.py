"""The answers to a record that waits for a person, one row of a table each.

An answer is rehearsed first: one that cannot be given is refused before anybody is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from cli.command import Session, UsageError, Yes, command
from cli.company_search import find_company, find_record
from cli.presentation.documents import record_document, said_document
from cli.presentation.words import month_of
from cli.rehearsal.rehearsed_ledger import OverlayLedger
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.domain.reporting import consequences
from tally.errors import SetupError
from tally.people.hold_answers import Answers

Company = Annotated[str, typer.Argument(help="Its GravityZone id or its name.")]
Month = Annotated[
    str | None,
    typer.Option(help="The month, yyyy-mm; may be left out where only one can be meant."),
]
Service = Annotated[
    str | None, typer.Option(help="The service; may be left out where only one can be meant.")
]
Why = Annotated[
    str, typer.Option(help="Why, in your words: it stands in the history beside your AWS identity.")
]
Addition = Annotated[
    int | None,
    typer.Option(help="Id of the Addition; may be left out where only one holds the record."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer.

    - ``says``: the text of its help.
    - ``give``: the use case that gives it.
    - ``fits``: True for a record that can be meant; ``fitting`` says what such a record is.
    - ``follows``: says what will follow, before it is confirmed.
    - ``done``: says in the end what became of the record.
    - ``names_an_addition``: True if it has the option ``--addition``. Then ``give`` and ``follows``
      take the Addition's id as well.
    """

    name: str
    says: str
    give: Callable[..., UsageRecord]
    fits: Callable[[UsageRecord], bool]
    fitting: str
    follows: Callable[..., str]
    done: str
    names_an_addition: bool = False


def _is_held(record: UsageRecord) -> bool:
    return record.hold is not None and not record.hold.foreign


def _is_held_by_others(record: UsageRecord) -> bool:
    return record.hold is not None and bool(record.hold.foreign)


def _is_open_without_addition(record: UsageRecord) -> bool:
    return record.state is RecordState.OPEN and not record.is_standing


def _has_an_open_line(record: UsageRecord) -> bool:
    return record.state is RecordState.OPEN and record.head is not None


def _has_a_credit(record: UsageRecord) -> bool:
    return record.credit is not None


def _has_other_terms(record: UsageRecord) -> bool:
    # A line has terms only where they differ from those of the month before (OPEN-5).
    return record.newest is not None and record.newest.terms is not None


ANSWERS = (
    Answer(
        name="approve",
        says="Let the number that is held be written.",
        give=Answers.approve,
        fits=_is_held,
        fitting="held for its number",
        follows=consequences.approved,
        done="approved",
    ),
    Answer(
        name="reject",
        says="Keep what stands in ConnectWise instead of the number that is held.",
        give=Answers.reject,
        fits=_is_held,
        fitting="held for its number",
        follows=consequences.rejected,
        done="rejected",
    ),
    Answer(
        name="take-over",
        says=(
            "Give Tally the Addition of others that holds the record: it becomes the month's own."
        ),
        give=Answers.take_over,
        fits=_is_held_by_others,
        fitting="held by an Addition of others",
        follows=consequences.taken_over,
        done="to be taken over",
        names_an_addition=True,
    ),
    Answer(
        name="keep-apart",
        says=(
            "Bill beside the Addition of others that holds the record, in this month and in all to "
            "come."
        ),
        give=Answers.keep_apart,
        fits=_is_held_by_others,
        fitting="held by an Addition of others",
        follows=consequences.kept_apart,
        done="kept apart",
    ),
    Answer(
        name="waive",
        says="Do not bill the month, for good.",
        give=Answers.waive,
        fits=_is_open_without_addition,
        fitting="open without an Addition of its own",
        follows=consequences.waived,
        done="waived",
    ),
    Answer(
        name="void",
        says=(
            "Set an Addition that was opened at the wrong customer to 0; its successor is opened "
            "at the right one. Link or pin first."
        ),
        give=Answers.void,
        fits=_has_an_open_line,
        fitting="open with an Addition",
        follows=consequences.voided,
        done="to be voided",
    ),
    Answer(
        name="credit-done",
        says="Say that what was billed too much has been credited in ConnectWise.",
        give=Answers.credit_done,
        fits=_has_a_credit,
        fitting="to be credited",
        follows=consequences.credited,
        done="marked as credited",
    ),
    Answer(
        name="carry-terms",
        says=(
            "Carry price, included quantity, tax and billing flag of the month before over to this "
            "month's Addition."
        ),
        give=Answers.carry_terms,
        fits=_has_other_terms,
        fitting="on other terms than the month before",
        follows=consequences.terms_carried,
        done="to have its terms carried over",
    ),
)


def add(app: typer.Typer) -> None:
    """Add a command for each answer."""
    for each in ANSWERS:
        without = () if each.names_an_addition else ("addition",)
        command(app, each.name, says=each.says, without=without)(partial(_answer, each))


def _answer(
    answer: Answer,
    session: Session,
    company: Company,
    *,
    why: Why,
    addition: Addition = None,
    month: Month = None,
    service: Service = None,
    yes: Yes = False,
) -> None:
    stack, out = session.stack, session.output
    if not why.strip():
        raise UsageError("Say why, with --why: the history keeps it.")
    ledger = stack.ledger()
    found = find_company(stack, company)
    record = find_record(
        ledger,
        found,
        month=None if month is None else month_of(month, now=stack.clock.now()),
        service=service,
        fits=answer.fits,
        what=answer.fitting,
    )
    named = f"{found.name}, {record.key.month.label} ({record.key.service})"
    which = (_addition(record, addition),) if answer.names_an_addition else ()
    rehearsed = Answers(ledger=OverlayLedger(below=ledger), clock=stack.clock)
    try:
        answer.give(rehearsed, record.key, *which, by="rehearsed", why=why)
    except SetupError as error:
        # The refusal names the record by its key, by which nobody knows a customer.
        raise UsageError(str(error).replace(str(record.key), named)) from error
    follows = answer.follows(record, *which)
    # Asked first: where AWS does not tell who answers, nothing is asked, as the history needs the
    # name.
    who = stack.who()
    held = () if record.hold is None else (record.hold.why,)
    session.agree(named, *held, follows, yes=yes)
    # A job may have changed the record while the person was asked: then the ledger refuses this.
    answers = Answers(ledger=ledger, clock=stack.clock)
    after = answer.give(answers, record.key, *which, by=who, why=why)
    if out.as_json:
        out.document(
            {
                **said_document(found.id, found.name, by=who, why=why, follows=follows),
                "record": record_document(after),
            }
        )
        return
    out.say(f"{found.name}, {record.key.month.label}: {answer.done}, by {who}.")


def _addition(record: UsageRecord, given: int | None) -> int:
    """Return the Addition that is meant; 0, which is none, where nothing holds the record.

    Raises:
        UsageError: Several Additions hold the record, and none was given.
    """
    foreign = () if record.hold is None else record.hold.foreign
    if given is not None or not foreign:
        return given or 0
    if len(foreign) > 1:
        raise UsageError(
            f"{len(foreign)} Additions hold it: say which with --addition, "
            f"{' or '.join(map(str, foreign))}."
        )
    return foreign[0]
