"""Commands over a ledger in which an item of one company cannot be read."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from cli.stack import Stack
from testing.world import Customer
from tests.cli.console import WHY, Console
from tests.functional.instants import gmt
from tests.functional.stored_world import StoredWorld, stored_world

FIRST = gmt("2026-11-01 00:05")
ITEMS = {
    "MAPPING": {"tied_at": {"S": "long ago"}},
    "STANDING": {"causes": {"S": '{"company": {"state": "paused"}}'}},
    "RECORD#2026-11#endpoints": {"state": {"S": "paused"}},
}


@dataclass(slots=True)
class _StoredConsole(Console):
    """The command over a table."""

    stored: StoredWorld | None = None

    @property
    def stack(self) -> Stack:
        stored = self.stored
        assert stored is not None
        return replace(Console.stack.fget(self), ledger=lambda: stored.ledger)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class _Scene:
    console: Console
    spoilt: Customer
    other: Customer
    key: str


@pytest.fixture(params=ITEMS)
def scene(request: pytest.FixtureRequest) -> Iterator[_Scene]:
    """Two customers that are billed, and an item of one of them that cannot be read since."""
    with stored_world(gmt("2026-11-01 00:00")) as stored:
        spoilt, other = (
            stored.world.add_customer("Harbor Dental"),
            stored.world.add_customer("Zenith Foods"),
        )
        for customer in (spoilt, other):
            stored.world.check_in(customer, 4)
        stored.tick(FIRST)
        stored.put(spoilt, request.param, **ITEMS[request.param])
        console = _StoredConsole(world=stored.world, stored=stored)
        yield _Scene(
            console=console, spoilt=spoilt, other=other, key=f"COMPANY#{spoilt.id} {request.param}"
        )


def test_status(scene: _Scene) -> None:
    """SAFE-7: the status shows the company as failing, with the item's key, and the others as
    ever.
    """
    rows = {row["id"]: row for row in scene.console.done("status", "--json").json["companies"]}
    assert rows[scene.spoilt.id]["standing"]["state"] == "failing"
    assert scene.key in rows[scene.spoilt.id]["standing"]["reason"]
    assert rows[scene.other.id]["standing"]["state"] == "billing"
    assert scene.key in scene.console.done("status").text


def test_others(scene: _Scene) -> None:
    """SAFE-5: of all others a person sees and does everything as ever."""
    console, other = scene.console, scene.other
    assert console.done("show", other.id, "--json").json["standing"]["state"] == "billing"
    assert other.name in console.done("show", other.name).out
    assert other.id in console.run("export").out
    console.done("plan")
    console.done("companies", "suggest")
    console.done("companies", "pin", other.id, str(other.agreement_id), *WHY, "--yes")
    assert console.run("sync", other.id, "--wait", "0", "--yes").err == ""


def test_export(scene: _Scene) -> None:
    """SAFE-7: who is missing in the file, or stands there without a field, is named aside, and the
    command ends with 1; a standing is written anew by itself, and its column says so meanwhile.
    """
    ended = scene.console.run("export")
    if scene.key.endswith("STANDING"):
        assert (ended.code, ended.err) == (0, "")
    else:
        assert ended.code == 1
        assert scene.key in ended.err


def test_shown_by_itself(scene: _Scene) -> None:
    """SAFE-7: asked for by itself it is told what cannot be read: in its standing, or as the one
    line of an error.
    """
    ended = scene.console.run("show", scene.spoilt.id)
    assert scene.key in " ".join((ended.out + ended.err).split())
