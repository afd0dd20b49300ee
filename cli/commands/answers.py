"""The answers to what is held: approve, reject, take-over, keep-apart, waive, void, credit-done, carry-terms.

Each is rehearsed first, so that what cannot be is refused before anybody is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from cli import consequences
from cli.command import Session, UsageError, Yes, command
from cli.company_search import find_company, find_record
from cli.documents import record_document
from cli.rehearsal.rehearsed_ledger import OverlayLedger
from cli.words import month_of
from tally.domain.record.usage_record import RecordState, UsageRecord
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One answer: how it is given, which records it fits (and what those are called), and what follows from it."""

    give: Callable[[Answers, UsageRecord, str, str], UsageRecord]
    fits: Callable[[UsageRecord], bool]
    fitting: str
    follows: Callable[[UsageRecord], str]
    done: str


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
    return record.newest is not None and record.newest.terms is not None


APPROVE = Verb(
    give=lambda answers, record, by, why: answers.approve(record.key, by=by, why=why),
    fits=_is_held,
    fitting="held for its number",
    follows=consequences.approved,
    done="approved",
)
REJECT = Verb(
    give=lambda answers, record, by, why: answers.reject(record.key, by=by, why=why),
    fits=_is_held,
    fitting="held for its number",
    follows=consequences.rejected,
    done="rejected",
)
KEEP_APART = Verb(
    give=lambda answers, record, by, why: answers.keep_apart(record.key, by=by, why=why),
    fits=_is_held_by_others,
    fitting="held by an Addition of others",
    follows=consequences.kept_apart,
    done="kept apart",
)
WAIVE = Verb(
    give=lambda answers, record, by, why: answers.waive(record.key, by=by, why=why),
    fits=_is_open_without_addition,
    fitting="open without an Addition of its own",
    follows=consequences.waived,
    done="waived",
)
VOID = Verb(
    give=lambda answers, record, by, why: answers.void(record.key, by=by, why=why),
    fits=_has_an_open_line,
    fitting="open with an Addition",
    follows=consequences.voided,
    done="to be voided",
)
CREDIT_DONE = Verb(
    give=lambda answers, record, by, why: answers.credit_done(record.key, by=by, why=why),
    fits=_has_a_credit,
    fitting="to be credited",
    follows=consequences.credited,
    done="marked as credited",
)
CARRY_TERMS = Verb(
    give=lambda answers, record, by, why: answers.carry_terms(record.key, by=by, why=why),
    fits=_has_other_terms,
    fitting="on other terms than the month before",
    follows=consequences.terms_carried,
    done="to have its terms carried over",
)


def add(app: typer.Typer) -> None:
    """Add the commands."""
    for name, function in (
        ("approve", approve),
        ("reject", reject),
        ("take-over", take_over),
        ("keep-apart", keep_apart),
        ("waive", waive),
        ("void", void),
        ("credit-done", credit_done),
        ("carry-terms", carry_terms),
    ):
        command(app, name)(function)


def approve(
    session: Session,
    company: Company,
    *,
    why: Why,
    month: Month = None,
    service: Service = None,
    yes: Yes = False,
) -> None:
    """Let the number that is held be written."""
    _answer(session, APPROVE, company, month=month, service=service, why=why, yes=yes)


def reject(
    session: Session,
    company: Company,
    *,
    why: Why,
    month: Month = None,
    service: Service = None,
    yes: Yes = False,
) -> None:
    """Keep what stands in ConnectWise instead of the number that is held."""
    _answer(session, REJECT, company, month=month, service=service, why=why, yes=yes)


def take_over(
    session: Session,
    company: Company,
    *,
    why: Why,
    addition: Annotated[
        int | None,
        typer.Option(help="Id of the Addition; may be left out where only one holds the record."),
    ] = None,
    month: Month = None,
    service: Service = None,
    yes: Yes = False,
) -> None:
    """Give Tally the Addition of others that holds the record: it becomes the month's own."""

    def chosen(record: UsageRecord) -> int:
        foreign = () if record.hold is None else record.hold.foreign
        if addition is not None or not foreign:
            return addition or 0
        if len(foreign) > 1:
            raise UsageError(
                f"{len(foreign)} Additions hold it: say which with --addition, "
                f"{' or '.join(map(str, foreign))}."
            )
        return foreign[0]

    verb = Verb(
        give=lambda answers, record, by, why: answers.take_over(
            record.key, chosen(record), by=by, why=why
        ),
        fits=_is_held_by_others,
        fitting="held by an Addition of others",
        follows=lambda record: consequences.taken_over(record, chosen(record)),
        done="to be taken over",
    )
    _answer(session, verb, company, month=month, service=service, why=why, yes=yes)


def keep_apart(
    session: Session,
    company: Company,
    *,
    why: Why,
    month: Month = None,
    service: Service = None,
    yes: Yes = False,
) -> None:
    """Bill beside the Addition of others that holds the record, in this month and in all to come."""
    _answer(session, KEEP_APART, company, month=month, service=service, why=why, yes=yes)


def waive(
    session: Session,
    company: Company,
    *,
    why: Why,
    month: Month = None,
    service: Service = None,
    yes: Yes = False,
) -> None:
    """Do not bill the month, for good."""
    _answer(session, WAIVE, company, month=month, service=service, why=why, yes=yes)


def void(
    session: Session,
    company: Company,
    *,
    why: Why,
    month: Month = None,
    service: Service = None,
    yes: Yes = False,
) -> None:
    """Set an Addition that was opened at the wrong customer to 0; its successor is opened at the right one. Tie or pin first."""
    _answer(session, VOID, company, month=month, service=service, why=why, yes=yes)


def credit_done(
    session: Session,
    company: Company,
    *,
    why: Why,
    month: Month = None,
    service: Service = None,
    yes: Yes = False,
) -> None:
    """Say that what was billed too much has been credited in ConnectWise."""
    _answer(session, CREDIT_DONE, company, month=month, service=service, why=why, yes=yes)


def carry_terms(
    session: Session,
    company: Company,
    *,
    why: Why,
    month: Month = None,
    service: Service = None,
    yes: Yes = False,
) -> None:
    """Carry price, included quantity, tax and billing flag of the month before over to this month's Addition."""
    _answer(session, CARRY_TERMS, company, month=month, service=service, why=why, yes=yes)


def _answer(
    session: Session,
    verb: Verb,
    company: str,
    *,
    month: str | None,
    service: str | None,
    why: str,
    yes: bool,
) -> None:
    stack, out = session.stack, session.output
    if not why.strip():
        raise UsageError("Say why, with --why: the history keeps it.")
    ledger = stack.ledger()
    found = find_company(ledger, company)
    record = find_record(
        ledger,
        found,
        month=None if month is None else month_of(month, now=stack.clock.now()),
        service=service,
        fits=verb.fits,
        what=verb.fitting,
    )
    named = f"{found.name}, {record.key.month.label} ({record.key.service})"
    try:
        verb.give(
            Answers(ledger=OverlayLedger(below=ledger), clock=stack.clock), record, "rehearsed", why
        )
    except SetupError as error:
        raise UsageError(str(error).replace(str(record.key), named)) from error
    follows = verb.follows(record)
    who = stack.who()
    held = () if record.hold is None else (record.hold.why,)
    session.agree(named, *held, follows, yes=yes)
    after = verb.give(Answers(ledger=ledger, clock=stack.clock), record, who, why)
    if out.as_json:
        out.document(
            {
                "company": found.id,
                "name": found.name,
                "by": who,
                "why": why,
                "follows": follows,
                "record": record_document(after),
            }
        )
        return
    out.say(f"{found.name}, {record.key.month.label}: {verb.done}, by {who}.")
