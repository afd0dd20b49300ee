"""The checks of questions in ConnectWise tickets: where, what rights, who answers, what waits.

Nothing is tried that would make or change a ticket.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from cli.doctor.aws_checks import enable_by_hand, has_template_ticks
from cli.doctor.finding import Finding, found, needs_setup, ok
from cli.doctor.installation import Installation
from tally.asking.questions import Questions
from tally.asking.round import MOST_OPEN
from tally.domain.asking import words
from tally.domain.asking.answer import Answerers
from tally.domain.asking.next_step import unanswered
from tally.domain.asking.question import Question, Subject
from tally.domain.asking.seen import SeenMember
from tally.domain.asking.ticket import MOST_TICKETS, Ticket, TicketState
from tally.domain.record.unreadable import readable
from tally.errors import MissingRightError

_NO_TICKET = "tally:doctor"
"""A reference that no ticket has."""
_SOON = timedelta(hours=1)
"""The age by which a hold has its ticket: rounds are a quarter of an hour apart."""
_MOST_NAMED = 10

_ROLE = "In ConnectWise, System > Security Roles, give the API member's role"
_TICKETS = "Service Desk > Service Tickets"
_CLOSING = "Service Desk > Close Service Tickets"
_MEMBERS = "System > Member Maintenance"

_CLASSES = {
    "F": "a full licence",
    "X": "a subcontractor's licence",
    "A": "an API member's licence",
    "C": "a customer's licence",
}


def desk(installation: Installation) -> Iterator[Finding]:
    """Check that the board and all names are there, and that none of them mails a contact."""
    names = installation.ticket_settings.names
    at = installation.tickets.desk(names)
    mails = installation.tickets.what_mails(at)
    for each in mails:
        yield found(
            f"On the board {names.board!r}, {each}. Tally's tickets have no contact and are "
            "written with notifications off, but a person who adds one mails the customer.",
            "Take the notification off in ConnectWise, or deploy again with a board and statuses "
            "that have none.",
        )
    if not mails:
        yield ok(
            f"Tickets are made on the board {names.board!r} with the status "
            f"{names.open_status!r}, and closed with {names.closed_status!r}; none of them mails a "
            "contact. Workflow rules cannot be read: see that none mails."
        )


def rights(installation: Installation) -> Iterator[Finding]:
    """Check the right to read tickets; those to write cannot be tried without writing one."""
    try:
        # A search that finds nothing needs the right as well.
        installation.tickets.find(_NO_TICKET, company_id=0)
    except MissingRightError:
        yield needs_setup(
            f"The API member may not read tickets: it lacks {_TICKETS}: Inquire All.",
            f"{_ROLE} {_TICKETS}: Add, Edit, Inquire All, and {_CLOSING}: Edit, Inquire.",
        )
        return
    yield ok(
        f"The API member may read tickets. If it may make, change and close them cannot be tried "
        f"without doing so: the first ticket is the proof of {_TICKETS}: Add, Edit, and "
        f"{_CLOSING}: Edit, Inquire."
    )


def answerers(installation: Installation) -> Iterator[Finding]:
    """Check that somebody's answers count, and that whoever is listed is one of them."""
    settings = installation.ticket_settings
    counted = settings.answerers
    try:
        members = installation.tickets.members()
    except MissingRightError:
        yield needs_setup(
            "The API member may not read members, so that nobody's answer can be taken: it lacks "
            f"{_MEMBERS}: Inquire All.",
            f"{_ROLE} {_MEMBERS}: Inquire All.",
        )
        return
    for identifier in counted.listed:
        if why := _not_counted(identifier, members, counted):
            yield found(
                f"TicketAnswerers names {identifier!r}, {why}: no answer of theirs is taken.",
                "Deploy again with TicketAnswerers naming active members by identifier.",
            )
    may = [each.identifier for each in members if counted.include(each)]
    if may:
        yield ok(f"{_counted(len(may), 'member')} may answer: {_named(may)}.")
        return
    yield needs_setup(
        "Nobody may answer in a ticket: no member who counts is active and has the licence for it.",
        "Deploy again with TicketAnswerers empty, which counts every active member with a full "
        "licence, or naming such members; with TicketSubcontractors true theirs counts, too.",
    )


def _not_counted(identifier: str, members: Sequence[SeenMember], counted: Answerers) -> str:
    """Say why a listed member's answers do not count; "" if they do."""
    same = [each for each in members if each.identifier.casefold() == identifier.casefold()]
    if not same:
        return "whom ConnectWise does not have"
    if len(same) > 1:
        return f"whom ConnectWise has {len(same)} times"
    member = same[0]
    if not member.active:
        return "who is inactive"
    if counted.include(member):
        return ""
    has = _CLASSES.get(member.license_class, f"a licence of class {member.license_class!r}")
    return f"who has {has}"


def schedule(installation: Installation) -> Iterator[Finding]:
    """Check that the schedule fires the function that asks."""
    schedules = installation.account.schedules("TicketsFunction")
    if not any(map(has_template_ticks, installation.account.schedules())):
        yield ok("Ticks come by ScheduleExpression, beside which nobody is asked by a schedule.")
        return
    if not schedules:
        yield needs_setup(
            "The stack has no schedule that fires the function of tickets, though TicketBoard is "
            "set.",
            "Deploy it again with `sam deploy`.",
        )
    for each in schedules:
        if each.enabled:
            yield ok(f"The schedule fires the function of tickets: {each.expression}.")
            continue
        yield needs_setup(
            f"The schedule {each.name} is disabled: nobody is asked in tickets, and no answer is "
            "read.",
            "If ScheduleState is DISABLED, deploy again with ENABLED. Else somebody has disabled "
            f"it by hand: {enable_by_hand(each)}",
        )


def questions(installation: Installation) -> Iterator[Finding]:
    """Tell of questions without a ticket: not asked by now, refused, or left for good."""
    now = installation.stack.clock.now()
    causes = installation.ticket_settings.ticket_causes
    failures: dict[str, str] = {}
    asked = list(Questions(ledger=installation.ledger, standings=causes).all(now, failures))
    known = [(each, installation.asking.ticket(each.subject)) for each, _ in asked]
    is_open = [ticket for _, ticket in known if ticket is not None and not ticket.is_over]
    told = [
        found(f"Nothing can be asked about {company}: {why}", "Answer by command.")
        for company, why in failures.items()
    ]
    told += _not_asked(installation, known, len(is_open))
    for question, ticket in known:
        if ticket is not None and (finding := _stuck(question, ticket)):
            told.append(finding)
    yield from told
    if not told:
        yield ok(
            f"Open in tickets: {_counted(len(is_open), 'question')}; without one at this moment: "
            f"{len(known) - len(is_open)}."
        )


def _not_asked(
    installation: Installation, known: Sequence[tuple[Question, Ticket | None]], are_open: int
) -> Iterator[Finding]:
    """Tell of holds that rounds have passed by: then the function does not run, or fails."""
    now = installation.stack.clock.now()
    since = {
        Subject.of(each.key): each.hold.since
        for each in readable(installation.ledger.all_open_records())
        if each.hold is not None
    }
    late = [
        question
        for question, ticket in known
        # Standings are not in `since`: they are asked about after a day.
        if ticket is None and now - since.get(question.subject, now) > _SOON
    ]
    # With as many open as there may be, the others wait for room.
    if late and are_open < MOST_OPEN:
        yield found(
            f"{_counted(len(late), 'hold')} of more than an hour ago without a ticket: "
            f"{_named([each.company for each in late])}. The function of tickets does not run, or "
            "fails.",
            "See whether its schedule is enabled, and read its log.",
        )


def _stuck(question: Question, ticket: Ticket) -> Finding | None:
    """Return what is told of a question whose ticket needs a person; None for any other."""
    about = f"{question.company}, {question.title}"
    which = f"ticket {ticket.ticket_id} ({about})"
    if ticket.state is TicketState.ASKING and ticket.why_left:
        return found(
            f"No ticket could be made for {about}. ConnectWise said: {ticket.why_left}.",
            "Put it right in ConnectWise, or deploy again with what it asks for, such as "
            "TicketType; it is tried again each day.",
        )
    if ticket.state is not TicketState.LEFT:
        return None
    if ticket.why_left == words.MAY_MAIL:
        return found(
            f"Tally left {which}: {words.MAY_MAIL}",
            "Find out what puts a contact or a flag on new tickets of that board, such as a "
            "company's default contact or a workflow rule, and take it away. Answer by command.",
        )
    if unanswered(ticket, since=question.since) >= MOST_TICKETS:
        return found(
            f"{about} was asked in {MOST_TICKETS} tickets without an answer, and is not asked in "
            f"another one. The last was {ticket.ticket_id}: {ticket.why_left}",
            "Answer by command: `tally show` has the lines.",
        )
    return None


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
