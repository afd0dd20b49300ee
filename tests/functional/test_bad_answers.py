"""Every way in which an answer can be wrong, at every call of a job: a clear error, nothing
written, nothing lost.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from simulators.clock import VirtualClock
from simulators.connectwise.answers import SECURITY
from simulators.faults import Fault, FaultKind, Garble
from simulators.gravityzone.counters import MISSING, CounterValue
from tally.domain.model.standing import Cause, StandingState
from tally.domain.record.usage_record import UsageRecord
from testing.audit import audit
from testing.scopes import of_record
from testing.world import Customer, World
from tests.functional.instants import gmt

FIRST, THIRD, CLOSE = gmt("2026-11-01 00:00"), gmt("2026-11-03 00:00"), gmt("2026-12-02 00:00")
QUARTER = timedelta(minutes=15)
HTML = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
COUNTER = "endpointMonthlyUsage"

REFUSED = {
    "401": Fault(kind=FaultKind.STATUS, status=401),
    "403": Fault(kind=FaultKind.STATUS, status=403),
    "400-plain-text": Fault(kind=FaultKind.STATUS, status=400, body="Bad Request"),
    "cannot-route": Fault(
        kind=FaultKind.STATUS, status=400, body="Cannot route. Codebase/company is invalid"
    ),
    "502-html": Fault(kind=FaultKind.STATUS, status=502, body=HTML, content_type="text/html"),
    "302": Fault(kind=FaultKind.STATUS, status=302, body=""),
}
UNREADABLE = {
    "empty": Fault(kind=FaultKind.STATUS, status=200, body="", content_type="application/json"),
    "truncated": Fault(kind=FaultKind.GARBLED, garble=Garble.TRUNCATED),
    "html": Fault(kind=FaultKind.GARBLED, garble=Garble.HTML),
    "null": Fault(kind=FaultKind.STATUS, status=200, body="null", content_type="application/json"),
    "object": Fault(kind=FaultKind.STATUS, status=200, body="{}", content_type="application/json"),
    "list-of-null": Fault(
        kind=FaultKind.STATUS, status=200, body="[null]", content_type="application/json"
    ),
    "number": Fault(kind=FaultKind.STATUS, status=200, body="17", content_type="application/json"),
    "foreign-id": Fault(
        kind=FaultKind.STATUS,
        status=200,
        body='{"id": "other", "jsonrpc": "2.0", "result": {"endpointMonthlyUsage": 99}}',
    ),
}
ANSWERS = REFUSED | UNREADABLE
STORIES = {"opening": FIRST, "rise": THIRD, "close": CLOSE}
READS = [
    ("opening", "getMonthlyUsage"),
    ("opening", "getLicenseInfo"),
    ("opening", "GET additions"),
    ("opening", "GET agreements/{id}"),
    ("rise", "getMonthlyUsage"),
    ("rise", "GET additions"),
    ("close", "getMonthlyUsage"),
    ("close", "GET additions"),
]
WRITES = [
    ("opening", "POST additions"),
    ("rise", "PATCH additions/{id}"),
    ("close", "PATCH additions/{id}"),
]
NO_COUNTS: dict[str, CounterValue] = {
    "missing": MISSING,
    "negative": -1,
    "string": "17",
    "null": None,
    "fraction": 17.5,
    "true": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A customer whose job is waiting: the month's opening, its rise, or its close with a last
    rise.
    """

    world: World
    harbor: Customer
    tick: datetime
    story: str

    @classmethod
    def make(cls, story: str) -> "Scene":
        world = World(clock=VirtualClock(FIRST))
        harbor = world.add_customer("Harbor Dental")
        world.check_in(harbor, 12)
        if story != "opening":
            world.play(FIRST, THIRD - QUARTER)
            world.check_in(harbor, 5)
        if story == "close":
            world.play(THIRD, gmt("2026-12-01 00:00"))
            world.check_in(harbor, 2, at=gmt("2026-11-30 23:50"))
        world.tick(STORIES[story])
        assert world.failures == []
        return cls(world=world, harbor=harbor, tick=STORIES[story], story=story)

    def run(self) -> None:
        """Run the jobs that wait, once, and lose them."""
        for message in self.world.queue.receive():
            self.world.deliver(message, self.world.worker())
            self.world.queue.delete(message)

    def meet(self, fault: Fault, operation: str) -> Cause:
        """Let the job meet the fault wherever it makes that call; give the standing that it
        leaves.
        """
        simulator = self.world.connectwise if " " in operation else self.world.gravityzone
        ordered = {name: getattr(fault, name) for name in Fault.__slots__} | {
            "operation": operation
        }
        simulator.faults.add(Fault(**ordered))
        self.run()
        assert simulator.faults.struck >= 1
        return self.world.standing(self.harbor).causes[of_record("2026-11")]

    def recover(self) -> list[str]:
        """Take the fault away, play the next tick; tell what is wrong."""
        self.world.gravityzone.faults.clear()
        self.world.connectwise.faults.clear()
        self.world.gravityzone.tenant.clear_overrides()
        self.world.play(self.tick + QUARTER)
        return audit(self.world, self.harbor, "2026-11", closed=self.story == "close")

    def known(self) -> tuple[object, ...]:
        """What the ledger knows of the Addition, an intent aside."""
        record: UsageRecord | None = self.world.record(self.harbor, "2026-11")
        line = None if record is None else record.newest
        if record is None or line is None or line.addition_id is None:
            return (None,)
        return (
            record.state,
            record.hold,
            line.state,
            line.addition_id,
            line.pushed,
            line.place.effective,
            line.place.cancelled,
        )

    def written(self) -> list[tuple[int, str, str]]:
        """The Additions of November."""
        return [each for each in self.world.additions(self.harbor) if each[1] == "2026-11-01"]


@pytest.mark.parametrize(
    ("story", "operation", "kind"),
    # ConnectWise's answers have no id of the request.
    [
        (*read, kind)
        for read in READS
        for kind in ANSWERS
        if kind != "foreign-id" or " " not in read[1]
    ],
)
def test_read(story: str, operation: str, kind: str) -> None:
    """READ-2, SAFE-5: an answer that is no answer writes nothing, says what it was, and leaves all
    as it was.
    """
    scene = Scene.make(story)
    before = scene.known(), scene.written()
    shown = scene.meet(ANSWERS[kind], operation)
    assert shown.state is StandingState.FAILING
    assert_clear(shown.reason, scene, operation)
    assert (scene.known(), scene.written()) == before
    assert scene.recover() == []
    assert scene.world.standing(scene.harbor).shown.state is StandingState.BILLING


@pytest.mark.parametrize(("story", "operation"), WRITES)
@pytest.mark.parametrize("kind", REFUSED)
def test_write(story: str, operation: str, kind: str) -> None:
    """SAFE-2: a write that is refused, in whatever words, is known not to have happened, and is
    made up for.
    """
    scene = Scene.make(story)
    before = scene.known(), scene.written()
    shown = scene.meet(REFUSED[kind], operation)
    assert shown.state is (
        StandingState.NEEDS_SETUP if kind == "400-plain-text" else StandingState.FAILING
    )
    assert_clear(shown.reason, scene, operation)
    assert (scene.known(), scene.written()) == before
    if kind == "400-plain-text":
        scene.world.clock.advance(timedelta(minutes=1))
        scene.world.connectwise.people.edit_agreement(
            scene.harbor.agreement_id, {"name": "Managed security, revised"}
        )
    assert scene.recover() == []


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("kind", NO_COUNTS)
def test_counter(story: str, kind: str) -> None:
    """READ-2: a counter that is missing, negative, a string or else no count is unknown, and
    unknown never writes.
    """
    scene = Scene.make(story)
    before = scene.known(), scene.written()
    scene.world.gravityzone.tenant.override_counter(
        scene.harbor.id, "2026-11", COUNTER, NO_COUNTS[kind]
    )
    scene.run()
    shown = scene.world.standing(scene.harbor).causes[of_record("2026-11")]
    assert shown.state is StandingState.FAILING
    assert COUNTER in shown.reason
    assert_clear(shown.reason, scene, "getMonthlyUsage")
    assert (scene.known(), scene.written()) == before
    assert scene.recover() == []


@pytest.mark.parametrize("kind", REFUSED)
def test_where_connectwise_lives(kind: str) -> None:
    """SAFE-5: so it is where the very first call, which asks for the codebase, is refused."""
    scene = Scene.make("rise")
    before = scene.known(), scene.written()
    shown = scene.meet(REFUSED[kind], "GET companyinfo")
    assert shown.state is StandingState.FAILING
    assert "companyinfo" in shown.reason
    assert (scene.known(), scene.written()) == before
    assert scene.recover() == []


def test_what_connectwise_said_is_passed_on() -> None:
    """SAFE-7: the standing quotes ConnectWise's own words, and says what to do about them."""
    scene = Scene.make("opening")
    shown = scene.meet(REFUSED["403"], "POST additions")
    assert SECURITY in shown.reason
    assert "security role" in shown.reason


@pytest.mark.slow
def test_no_secret_is_shown() -> None:
    """Secrets are never in standings or errors, whatever the other side sends back of them."""
    for kind, fault in ANSWERS.items():
        echo = Fault(
            kind=FaultKind.STATUS,
            status=fault.status if fault.kind is FaultKind.STATUS else 500,
            body="gz-key public-key private-key client-id",
        )
        for operation in ("getMonthlyUsage", "GET additions"):
            scene = Scene.make("rise")
            shown = scene.meet(echo, operation)
            text = shown.reason + "".join(map(str, scene.world.failures))
            secrets = (
                ("gz-key",)
                if operation == "getMonthlyUsage"
                else ("public-key", "private-key", "client-id")
            )
            assert [(kind, each) for each in secrets if each in text] == []


def assert_clear(reason: str, scene: Scene, operation: str) -> None:
    """It names the call, the company or its agreement, and the request's id."""
    assert operation.partition(" ")[0] in reason
    if " " in operation:
        assert f"/finance/agreements/{scene.harbor.agreement_id}" in reason
    else:
        assert scene.harbor.id in reason
    assert "(request " in reason
    assert "Traceback" not in reason
