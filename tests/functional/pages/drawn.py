"""Pages of all kinds, as `tally statement` writes them: files in a folder."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from simulators.clock import VirtualClock
from tally.domain.evidence.evidence import Evidence, Fate, Machine, MachineProof
from tally.domain.model.month import Month
from tally.domain.statement.statement import Statement
from tally.statements.book import INDEX, book
from tally.statements.drawing import Form, drawn
from testing.evidence import MemoryEvidence
from testing.world import World
from tests.functional.instants import gmt
from tests.functional.october import a_world, invoiced_early, october
from tests.functional.services_world import EMAIL, setting, world_of
from tests.functional.stated import stated

ZONE = "America/New_York"
NAMES = {
    "plain": "Harbor Dental",
    "markup": "Ünal & Söhne <b>GmbH</b> \"'><script>document.title = 'forged'</script>",
    "right to left": "عيادة النور الطبية",
    "turned and drawn": "Tooth \u202egpj.exe 🦷👩🏽‍⚕️ Fairy",
    "long": "Consolidated Amalgamated Widgets and Sprockets of the Greater Metropolitan Area, Ltd.",
    "unbreakable": "Unbreakable" * 12,
}
MACHINES = {"plain": 12, "unbreakable": 80}
"""Customers whose machines were recorded; of the second there are so many that they are folded."""
HELD = "right to left"
NOVEMBER = Month.parse("2026-11")
MANY = 60
BOOKS = {"by": "ann", "why": "the owner called"}

INDEXES = ("index", "index of nobody")
STATEMENTS = (
    *(f"provisional, {each}" for each in NAMES),
    "final, plain",
    f"final, {HELD}",
    "not recorded",
    "two services",
    "late usage",
    "voided",
)


def write_pages(folder: Path) -> dict[str, Path]:
    """Write a statement of each kind, the book of many customers and that of none; return them."""
    files: dict[str, Path] = {}
    listed: list[Statement] = []
    for name, each in _statements():
        files[name] = folder / f"{name}.html"
        files[name].write_bytes(drawn(each, Form.HTML))
        listed += [each] if name.startswith("provisional") else []
    files["index"] = _book(folder / "book", [*listed, *_more(listed[0])])
    files["index of nobody"] = _book(folder / "nobody", [], damaged=tuple(NAMES.values()))
    assert set(files) == {*STATEMENTS, *INDEXES}
    return files


def _book(folder: Path, statements: list[Statement], *, damaged: Sequence[str] = ()) -> Path:
    folder.mkdir()
    unreadable = {each: f"{each}: its record is damaged" for each in damaged}
    for name, file in book(statements, NOVEMBER, unreadable=unreadable):
        (folder / name).write_bytes(file)
    return folder / INDEX


def _more(like: Statement) -> Iterator[Statement]:
    """Yield statements like this one, so that there are many."""
    for number in range(len(NAMES), MANY):
        customer = replace(like.customer, id=f"{number:024}", name=f"Customer {number}")
        yield replace(like, customer=customer)


def _statements() -> Iterator[tuple[str, Statement]]:
    yield from _of_all_names()
    yield "two services", _of_two_services()
    yield "late usage", _with_late_usage()
    yield "voided", _with_a_voided_line()


def _of_all_names() -> Iterator[tuple[str, Statement]]:
    """Play November for a customer of each name, of which one is held, and close it."""
    world = World(clock=VirtualClock(gmt("2026-11-01 00:00")))
    customers = {kind: world.add_customer(name) for kind, name in NAMES.items()}
    for number, customer in enumerate(customers.values()):
        world.check_in(customer, 9 + number)
    world.play(gmt("2026-11-01 00:05"))
    world.check_in(customers[HELD], 700)
    world.play(gmt("2026-11-20 00:05"))
    store = MemoryEvidence()
    for kind, number in MACHINES.items():
        store.save(_machines(customers[kind].id, number), drop_at=gmt("2029-12-01 00:00"))

    def read(kind: str, month: str = "2026-11") -> Statement:
        return stated(world, customers[kind], month, zone=ZONE, evidence=store)

    for kind in customers:
        yield f"provisional, {kind}", read(kind)
    yield "not recorded", read("markup", "2026-10")
    held = world.record(customers[HELD], "2026-11")
    assert held is not None
    world.answers().approve(held.key, by=NAMES["markup"], why=NAMES["unbreakable"])
    world.play(gmt("2026-11-20 01:05"), gmt("2026-12-02 00:05"))
    for kind in ("plain", HELD):
        yield f"final, {kind}", read(kind)


def _machines(company_id: str, number: int) -> Evidence:
    """Return machines with names of all kinds, of which two in three were seen active."""
    names, fates = list(NAMES.values()), list(Fate)
    seen = MachineProof(seen=gmt("2026-11-03 10:00"), read=gmt("2026-11-04 03:00"))
    return Evidence(
        company_id=company_id,
        month=NOVEMBER,
        begun=gmt("2026-11-01 03:00"),
        walked=gmt("2026-11-20 03:00"),
        machines=tuple(
            Machine(
                id=f"{each:024}",
                name=f"{names[each % len(names)]} {each}",
                fqdn=f"{names[-each % len(names)]}.example".lower(),
                listed=NOVEMBER.first,
                proof=seen if each % 3 else None,
                fate=fates[each % len(fates)],
            )
            for each in range(number)
        ),
    )


def _of_two_services() -> Statement:
    world = world_of(setting(email=EMAIL))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 3)
    world.play(gmt("2026-11-01 00:05"))
    return stated(world, harbor, "2026-11", zone=ZONE)


def _with_late_usage() -> Statement:
    """State a month whose contract has a number, and that is billed with the next one in part."""
    world, harbor = invoiced_early(late_usage="bill")
    world.gravityzone.tenant.company(harbor.id).minimum_usage = 10
    world.play(gmt("2026-11-02 00:05"))
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 01:05"))
    return stated(world, harbor, "2026-10", zone=ZONE)


def _with_a_voided_line() -> Statement:
    world, harbor = a_world()
    right = world.connectwise.people.add_company("HarborNorth", "Harbor Dental North")
    world.add_agreement(right)
    world.set_up().link(harbor.id, right, **BOOKS)
    world.answers().void(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-10-21 00:05"))
    return stated(world, harbor, "2026-10", zone=ZONE)
