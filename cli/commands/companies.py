"""`tally companies …`: changes a company's link, its agreement, and its exclusion from billing."""

from collections.abc import Callable, Sequence
from typing import Annotated, cast

import typer

from cli.command import Session, UsageError, Yes, command
from cli.company_search import Found, find_company, known_names
from cli.first_tick import nobody_known
from cli.output import Column, Output
from cli.presentation.documents import Document, link_document, said_document
from cli.rehearsal.rehearsed_ledger import OverlayLedger
from cli.suggestions import Suggestion, suggestions
from tally.people.company_setup import SetUp
from tally.ports import ConnectWise, Ledger

Company = Annotated[str, typer.Argument(help="Its GravityZone id or its name.")]
Why = Annotated[
    str, typer.Option(help="Why, in your words: it stands in the history beside your AWS identity.")
]


def add(app: typer.Typer) -> None:
    """Add the commands."""
    companies = typer.Typer(
        rich_markup_mode=None,
        help="Link companies to ConnectWise, and say whether they are billed.",
    )
    for name, function in (
        ("tie", tie),
        ("untie", untie),
        ("pin", pin),
        ("unpin", unpin),
        ("exclude", exclude),
        ("include", include),
        ("bill-partner", bill_partner),
        ("unbill-partner", unbill_partner),
        ("suggest", suggest),
    ):
        command(companies, name)(function)
    app.add_typer(companies, name="companies")


def tie(
    session: Session,
    company: Company,
    connectwise_id: Annotated[int, typer.Argument(help="Id of the ConnectWise company.")],
    *,
    why: Why,
    agreement: Annotated[
        int | None,
        typer.Option(
            help=(
                "Id of the agreement that it is billed on: needed where others are linked to it as "
                "well."
            )
        ),
    ] = None,
    yes: Yes = False,
) -> None:
    """Link a company to a ConnectWise company, from another one too, and pin its agreement."""
    _set_up(
        session,
        company,
        lambda up, it, by: up.link(it.id, connectwise_id, by=by, why=why, agreement_id=agreement),
        why=why,
        yes=yes,
    )


def untie(session: Session, company: Company, *, why: Why, yes: Yes = False) -> None:
    """Leave a company without a ConnectWise company until somebody links it again."""
    _set_up(session, company, lambda up, it, by: up.unlink(it.id, by=by, why=why), why=why, yes=yes)


def pin(
    session: Session,
    company: Company,
    agreement_id: Annotated[int, typer.Argument(help="Id of the agreement.")],
    *,
    why: Why,
    yes: Yes = False,
) -> None:
    """Choose the agreement that a company's months are opened on, where it has several."""
    _set_up(
        session,
        company,
        lambda up, it, by: up.pin(it.id, agreement_id, by=by, why=why),
        why=why,
        yes=yes,
    )


def unpin(session: Session, company: Company, *, why: Why, yes: Yes = False) -> None:
    """Choose no agreement any more: exactly one must be active then."""
    _set_up(session, company, lambda up, it, by: up.unpin(it.id, by=by, why=why), why=why, yes=yes)


def exclude(session: Session, company: Company, *, why: Why, yes: Yes = False) -> None:
    """Open no more months for a company; those that have an Addition go on to their close."""
    _set_up(
        session, company, lambda up, it, by: up.exclude(it.id, by=by, why=why), why=why, yes=yes
    )


def include(session: Session, company: Company, *, why: Why, yes: Yes = False) -> None:
    """Bill a company again, from the present month on."""
    _set_up(
        session, company, lambda up, it, by: up.include(it.id, by=by, why=why), why=why, yes=yes
    )


def bill_partner(session: Session, company: Company, *, why: Why, yes: Yes = False) -> None:
    """Bill a partner's own machines, from the present month on."""
    _set_up(
        session,
        company,
        lambda up, it, by: up.bill_partner(it.id, by=by, why=why),
        why=why,
        yes=yes,
    )


def unbill_partner(session: Session, company: Company, *, why: Why, yes: Yes = False) -> None:
    """Open no more months for a partner's own machines."""
    _set_up(
        session,
        company,
        lambda up, it, by: up.unbill_partner(it.id, by=by, why=why),
        why=why,
        yes=yes,
    )


def suggest(session: Session) -> None:
    """Name the nearest ConnectWise companies for each company that is linked to nobody."""
    stack, out = session.stack, session.output
    ledger = stack.ledger()
    early = "" if known_names(ledger) else nobody_known(stack, ledger.ticks())
    # While no company is known nobody waits for a link: ConnectWise's list is not read.
    found = () if early else suggestions(ledger, stack.connectwise().companies())
    if out.as_json:
        out.document([_suggestion_document(each) for each in found])
        if early:
            out.note(early)
    elif not found:
        out.say(early or "Every company that is to be billed is linked.")
    else:
        _print_suggestions(out, found)


def _suggestion_document(suggestion: Suggestion) -> Document:
    return {
        "company": suggestion.company_id,
        "name": suggestion.name,
        "reason": suggestion.reason,
        "near": [
            {
                "id": near.id,
                "name": near.name,
                "likeness": near.likeness,
                "linked_to": near.linked_to or None,
            }
            for near in suggestion.near
        ],
    }


def _print_suggestions(out: Output, found: Sequence[Suggestion]) -> None:
    columns = (
        Column("Company"),
        Column("Id"),
        Column("Likeness", right=True),
        Column("ConnectWise company", wide=1),
    )
    rows = []
    for each in found:
        if not each.near:
            rows.append([each.name, each.company_id, "", "none is like it"])
        for number, near in enumerate(each.near):
            linked = f", linked to {near.linked_to}" if near.linked_to else ""
            first = [each.name, each.company_id] if number == 0 else ["", ""]
            rows.append([*first, f"{near.likeness}", f"{near.name} (id {near.id}){linked}"])
    out.table(columns, rows)
    out.say()
    out.say("Link one with: tally companies tie COMPANY_ID CONNECTWISE_ID --why …")


def _set_up(
    session: Session, company: str, act: Callable[[SetUp, Found, str], str], *, why: str, yes: bool
) -> None:
    stack, out = session.stack, session.output
    if not why.strip():
        raise UsageError("Say why, with --why: the history keeps it.")
    ledger = stack.ledger()
    found = find_company(stack, company)

    def set_up(on: Ledger, by: str) -> str:
        return act(
            SetUp(ledger=on, connectwise=_lazily(stack.connectwise), clock=stack.clock), found, by
        )

    # The overlay keeps what the first round writes: what cannot be done is refused, and what will
    # follow is told, before anything is.
    who = stack.who()
    follows = set_up(OverlayLedger(below=ledger), who)
    session.agree(follows, yes=yes)
    # Anew on the real ledger: what was told may have changed while the person was asked.
    said = set_up(ledger, who)
    if out.as_json:
        out.document(
            {
                **said_document(found.id, found.name, by=who, why=why, follows=said),
                "connectwise": link_document(ledger.link(found.id)),
            }
        )
        return
    out.say(f"Done, by {who}.")


def _lazily(connectwise: Callable[[], ConnectWise]) -> ConnectWise:
    """Return ConnectWise, for which the keys are read only when it is asked for something."""

    # To exclude or unlink needs no call of ConnectWise, and so no right to read the secret.
    class Lazy:
        def __getattr__(self, name: str) -> object:
            return getattr(connectwise(), name)

    return cast("ConnectWise", Lazy())
