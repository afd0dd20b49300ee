"""What people do in tickets: answers that count, all kinds that do not, and what ends a ticket."""

from collections.abc import Callable

from simulators.connectwise.desk import patches
from simulators.connectwise.desk.example import JANE, PETER, ROBOT
from simulators.connectwise.desk.people import SOMEONE
from verification.simulation.desk_notes import asked_in
from verification.simulation.desk_scene import MEMBERS, Scene
from verification.simulation.desk_setting import STRANGERS
from verification.simulation.life_answers import ACTS as ANSWERS
from verification.simulation.life_answers import answer_hold

_OTHER = 0.25
"""The probability that a command is about another hold of the company."""
_IN_ONE_NOTE = 0.4


def _answered(scene: Scene) -> str:
    line = scene.line()
    return scene.note(line) if line else ""


def _twice(scene: Scene) -> str:
    line = scene.line()
    return f"{scene.note(line)}, and {scene.note(line)}" if line else ""


def _contradicting(scene: Scene) -> str:
    asked = scene.asked
    if not asked or len(asked[-1].options) == 1:
        return ""
    lines = [scene.choice(asked[-1], each) for each in scene.draw.sample(asked[-1].options, k=2)]
    if scene.draw.random() < _IN_ONE_NOTE:
        return scene.note("\n\n".join(lines))
    return ", but ".join(scene.note(each) for each in lines)


def _by_command(scene: Scene) -> str:
    """Have a person answer by command: this hold, or now and then another one of the company."""
    firm, key, msp = scene.firm, scene.key, scene.msp
    if firm is None:
        return ""
    this = None if key is None else msp.ledger.record(key)
    if this is None or scene.draw.random() < _OTHER:
        said = ANSWERS["hold answered"](msp, firm, scene.draw)
    else:
        said = answer_hold(msp, this, scene.draw)
    if not said:
        return ""
    firm.touched = msp.clock.now()
    return f"by command, {said}"


def _both(scene: Scene) -> str:
    line = scene.line()
    if not line:
        return ""
    if scene.draw.random() < 0.5:  # noqa: PLR2004 - either is as likely to be first
        return f"{scene.note(line)}, and {_by_command(scene) or 'nothing'}"
    return f"{_by_command(scene) or 'nothing'}, and {scene.note(line)}"


def _in_one_moment(scene: Scene) -> str:
    """Answer in the ticket now, and by command in the middle of the run that reads it."""
    line = scene.line()
    if not line:
        return ""
    scene.soon(lambda: _by_command(scene))
    return scene.note(line)


def _and_leaves(scene: Scene) -> str:
    """Answer, and count no more: before the run that reads it, or in the middle of it."""
    line = scene.line()
    if not line:
        return ""
    by = scene.draw.choice(MEMBERS)
    said = scene.note(line, by=by)

    def leave() -> str:
        return scene.members.lose(by, scene.msp.clock.now(), scene.draw)

    if scene.draw.random() < 0.5:  # noqa: PLR2004 - either is as likely
        return f"{said}, and {leave() or 'is away'}"
    scene.soon(leave)
    return said


def _stale(scene: Scene) -> str:
    """Answer with a code that was asked before, here or in another ticket."""
    line = scene.line()
    others = [each for other in scene.desk for each in asked_in(scene.desk, other["id"])]
    now = scene.asked[-1].code if line else ""
    codes = sorted({each.code for each in others} - {now}) or ["AAAA"]
    if not line:
        return ""
    words = line.split()
    words[1] = scene.draw.choice(codes)
    return scene.note(" ".join(words))


def _wrong_number(scene: Scene) -> str:
    words = scene.line().split()
    if len(words) < 3:  # noqa: PLR2004 - TALLY, the code and a word
        return ""
    number = int(words[3]) if len(words) > 3 else 7  # noqa: PLR2004 - a number as well
    return scene.note(" ".join((*words[:3], str(number + scene.draw.choice((1, 10))))))


def _quoting(scene: Scene) -> str:
    line = scene.line().strip()
    forms = ("> {}", "Shall I write {}?", "{}.", "**{}**", "Hi Tally,\n{}", "{} please")
    return scene.note(scene.draw.choice(forms).format(line)) if line else ""


def _wrong_place(scene: Scene) -> str:
    line = scene.line()
    if not line:
        return ""
    match scene.draw.randrange(4):
        case 0:
            return f"{scene.note(line, kind='discussion')} for all to read"
        case 1:
            return f"{scene.note(line, kind='resolution')} as resolution"
        case 2:
            scene.people.add_time_entry(scene.ticket, line, by=scene.draw.choice(MEMBERS))
            return "the answer stands in a time entry"
    others = [each["id"] for each in scene.desk if each["id"] != scene.ticket]
    other = scene.draw.choice(others) if others else outside(scene)
    scene.people.add_note(other, line, by=scene.draw.choice(MEMBERS))
    return f"the answer stands in ticket {other}"


def _customer(scene: Scene) -> str:
    line = scene.line() or "What is this?"
    write = scene.draw.choice((scene.people.mail_reply, scene.people.customer_note))
    write(scene.ticket, line)
    return f"a customer writes {line.strip()!r}"


def _impersonated(scene: Scene) -> str:
    line = scene.line()
    if not line:
        return ""
    member = scene.draw.choice(MEMBERS)
    scene.people.add_note_as(scene.ticket, line, member=member, by=ROBOT)
    return f"an integration notes {line.strip()!r} as {member}"


def _stranger(scene: Scene) -> str:
    line = scene.line()
    return scene.note(line, by=scene.draw.choice(STRANGERS)) if line else ""


def _edited(scene: Scene) -> str:
    """Have a note made an answer, by whoever wrote it or by somebody else."""
    line = scene.line()
    if not line:
        return ""
    note = scene.people.add_note(scene.ticket, "I will ask.", by=JANE)
    by = scene.draw.choice((JANE, PETER, ROBOT))
    scene.people.edit_note(note, line, by=by)
    return f"{by} edits {JANE}'s note to {line.strip()!r}"


def _talked(scene: Scene) -> str:
    return scene.note(scene.draw.choice(("Ann is on leave.", "Tally asks again", "240?")))


def _closed(scene: Scene) -> str:
    if scene.fields["closedFlag"]:
        return ""
    of_ours = scene.fields["board"]["id"] == scene.ids.board
    closed = scene.ids.closed_status if of_ours else scene.ids.other_closed
    scene.people.set_ticket_status(scene.ticket, closed)
    return "somebody closes it"


def _reopened(scene: Scene) -> str:
    """Reopen it, after closing it if nobody has."""
    of_ours = scene.fields["board"]["id"] == scene.ids.board
    _closed(scene)
    opened = scene.ids.open_status if of_ours else scene.ids.other_open
    scene.people.set_ticket_status(scene.ticket, opened)
    return "somebody reopens it"


def _merged(scene: Scene) -> str:
    scene.people.merge_ticket(scene.ticket, into=outside(scene))
    return "it is merged into another one"


def _bundled(scene: Scene) -> str:
    scene.people.bundle_ticket(scene.ticket, below=outside(scene))
    return "it is put below another one"


def _moved(scene: Scene) -> str:
    scene.people.move_ticket(scene.ticket, board_id=scene.ids.other_board)
    return "it is moved to another board"


def _converted(scene: Scene) -> str:
    shown = scene.draw.random() < 0.5  # noqa: PLR2004 - either was seen
    scene.people.convert_ticket(scene.ticket, shown=shown)
    return "it is converted to a project's"


def _another_company(scene: Scene) -> str:
    companies = [each.fields["id"] for each in scene.msp.connectwise.tenant.companies.current()]
    others = [each for each in companies if each != scene.fields["company"]["id"]]
    if not others:
        return ""
    scene.people.change_ticket_company(scene.ticket, scene.draw.choice(others))
    return "it is given another company"


def _contact(scene: Scene) -> str:
    scene.people.edit_ticket(scene.ticket, {"contact": {"id": 8001, "name": "Ann Harbor"}})
    return "it is given a contact"


def _flag(scene: Scene) -> str:
    scene.people.edit_ticket(scene.ticket, {"automaticEmailContactFlag": True})
    return "it is to mail its contact"


def _reference(scene: Scene) -> str:
    scene.people.edit_ticket(scene.ticket, {"externalXRef": scene.draw.choice(("PO 77", None))})
    return "its external reference is changed"


def _deleted(scene: Scene) -> str:
    scene.people.delete_ticket(scene.ticket)
    return "it is deleted"


def outside(scene: Scene) -> int:
    """Return a ticket of people's own, at another board."""
    for each in scene.desk:
        if each["board"]["id"] == scene.ids.other_board and each["externalXRef"] is None:
            return int(each["id"])
    company = scene.fields["company"]["id"]
    own = {"summary": "A printer", "company": {"id": company}, "board": {"name": "Help desk"}}
    fields = patches.new_ticket(scene.desk, own, by=SOMEONE)
    return int(scene.desk.make(fields, by=SOMEONE, notify=False).fields["id"])


_WEIGHED: tuple[tuple[str, int, Callable[[Scene], str]], ...] = (
    ("ticket answered", 14, _answered),
    ("ticket answered twice", 2, _twice),
    ("ticket answered in two ways", 3, _contradicting),
    ("ticket's hold answered by command", 3, _by_command),
    ("ticket and command answered at once", 3, _both),
    ("ticket and command answered in one moment", 4, _in_one_moment),
    ("ticket answered by who leaves then", 3, _and_leaves),
    ("ticket answered with a stale code", 2, _stale),
    ("ticket answered with a wrong number", 2, _wrong_number),
    ("ticket answered with a quotation", 2, _quoting),
    ("ticket answered in a wrong place", 3, _wrong_place),
    ("ticket answered by a customer", 2, _customer),
    ("ticket answered by an integration", 3, _impersonated),
    ("ticket answered by who may not", 2, _stranger),
    ("ticket answered by an edit", 2, _edited),
    ("ticket talked in", 2, _talked),
    ("ticket closed", 2, _closed),
    ("ticket reopened", 2, _reopened),
    ("ticket merged", 1, _merged),
    ("ticket bundled", 1, _bundled),
    ("ticket moved", 2, _moved),
    ("ticket converted", 1, _converted),
    ("ticket given another company", 1, _another_company),
    ("ticket given a contact", 1, _contact),
    ("ticket given a flag", 1, _flag),
    ("ticket given another reference", 1, _reference),
    ("ticket deleted", 1, _deleted),
)
ACTS = {kind: act for kind, _, act in _WEIGHED}
KINDS = tuple(ACTS)
"""By the names under which a shape leaves them out."""
WEIGHTS = tuple(weight for _, weight, _ in _WEIGHED)
STATUS = frozenset({"ticket closed", "ticket reopened"})
LOSES = frozenset(KINDS[KINDS.index("ticket merged") :])
"""What lets a ticket be ours no more, for ever."""
LOUD = frozenset({"ticket given a contact", "ticket given a flag"})
