"""Clock, faults, call log and the adapter under `requests`, with the smallest simulator there
is.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
import requests

from simulators.adapter import HungForeverError, SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.core import BaseSimulator, CallLog, Request, Response, json_response, text_response
from simulators.faults import Fault, FaultKind, FaultPlan, Garble

START = datetime(2026, 11, 1, tzinfo=UTC)
URL = "https://notes.test"


class Notes(BaseSimulator):
    """Keeps what is posted, and echoes what it was asked."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.kept: list[bytes] = []

    def route(self, request: Request) -> tuple[str, Callable[[], Response]]:
        return f"{request.method} {request.path.rsplit('/', 1)[-1]}", lambda: self.carry_out(
            request
        )

    def carry_out(self, request: Request) -> Response:
        if request.method == "POST":
            self.kept.append(request.body)
        return json_response(
            {
                "path": request.path,
                "query": dict(request.query),
                "type": request.headers.get("content-type"),
                "kept": len(self.kept),
            },
            headers={"X-Notes": "yes"},
        )

    def vendor_error(self, status: int, request: Request) -> Response:
        return text_response(f"notes: {status}", status)


@pytest.fixture
def notes() -> Notes:
    return Notes(VirtualClock(START))


@pytest.fixture
def session(notes: Notes) -> requests.Session:
    session = requests.Session()
    session.mount(URL, SimulatorAdapter(notes))
    return session


def test_clock_stands_until_it_is_moved() -> None:
    """A virtual clock moves only when told, and tells UTC whatever zone it was set in."""
    clock = VirtualClock(datetime(2026, 11, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == START
    assert clock.now().tzinfo is UTC
    assert clock.advance(timedelta(minutes=5)) == START + timedelta(minutes=5)


def test_clock_goes_back_only_if_told() -> None:
    """Time going backwards is a mistake unless it is asked for."""
    clock = VirtualClock(START)
    with pytest.raises(ValueError, match="the clock stands at"):
        clock.set(START - timedelta(days=1))
    with pytest.raises(ValueError, match="the clock stands at"):
        clock.advance(timedelta(seconds=-1))
    clock.set(START - timedelta(days=1), backwards=True)
    assert clock.now() == START - timedelta(days=1)


def test_clock_needs_a_time_zone() -> None:
    """A naive datetime is no instant."""
    with pytest.raises(ValueError, match="time zone"):
        VirtualClock(datetime(2026, 11, 1))  # noqa: DTZ001 - the mistake itself


def test_running_clock_goes_on_from_where_it_was_set() -> None:
    """A running clock adds the real time that has passed since it was set."""
    real = [100.0]
    clock = VirtualClock(START, running=True, real=lambda: real[0])
    real[0] = 160.0
    assert clock.now() == START + timedelta(minutes=1)
    clock.set(START + timedelta(days=1))
    real[0] = 161.0
    assert clock.now() == START + timedelta(days=1, seconds=1)


def test_answer_reads_like_any_response(session: requests.Session) -> None:
    """Everything that real code reads off a response is there."""
    answer = session.post(f"{URL}/a%20b/c?x=1&y=", json={"n": 1}, timeout=10)
    assert answer.ok
    assert answer.status_code == 200
    assert answer.reason == "OK"
    assert answer.json() == {
        "path": "/a b/c",
        "query": {"x": "1", "y": ""},
        "type": "application/json",
        "kept": 1,
    }
    assert answer.headers["x-notes"] == "yes"
    assert answer.encoding == "utf-8"
    assert answer.text.encode() == answer.content == b"".join(answer.iter_content(7))
    assert answer.url == f"{URL}/a%20b/c?x=1&y="
    assert answer.request.method == "POST"
    answer.raise_for_status()
    answer.close()


def test_streamed_answer_reads_the_same(session: requests.Session) -> None:
    """A client that streams, so as to bound what it reads, gets the same bytes."""
    with session.get(f"{URL}/a", stream=True, timeout=10) as answer:
        assert b"".join(answer.iter_content(16)) == answer.content


def test_body_may_be_text_bytes_or_absent(session: requests.Session, notes: Notes) -> None:
    """The simulator sees bytes, however the caller spelled them."""
    session.post(f"{URL}/a", data="text", timeout=10)
    session.post(f"{URL}/a", data=b"bytes", timeout=10)
    session.post(f"{URL}/a", timeout=10)
    assert notes.kept == [b"text", b"bytes", b""]


def test_error_status_raises_on_demand(session: requests.Session, notes: Notes) -> None:
    """A 4xx is an answer, and becomes an exception only where the caller asks for it."""
    notes.faults.add(Fault(kind=FaultKind.STATUS, status=403))
    answer = session.get(f"{URL}/a", timeout=10)
    assert (answer.status_code, answer.text) == (403, "notes: 403")
    with pytest.raises(requests.HTTPError, match="403 Client Error: Forbidden"):
        answer.raise_for_status()


@pytest.mark.parametrize(
    ("kind", "error", "kept"),
    [
        (FaultKind.REFUSED, requests.ConnectionError, 0),
        (FaultKind.TIMEOUT_BEFORE, requests.ReadTimeout, 0),
        (FaultKind.TIMEOUT_AFTER, requests.ReadTimeout, 1),
    ],
)
def test_call_without_an_answer(
    session: requests.Session, notes: Notes, kind: FaultKind, error: type[Exception], kept: int
) -> None:
    """A caller cannot tell from the error whether the effect happened; the simulator knows."""
    notes.faults.add(Fault(kind=kind, times=1))
    with pytest.raises(error):
        session.post(f"{URL}/a", data=b"1", timeout=10)
    assert len(notes.kept) == kept
    assert [(call.status, call.fault) for call in notes.calls] == [(None, kind)]
    assert session.get(f"{URL}/a", timeout=10).ok


def test_refused_is_no_timeout(session: requests.Session, notes: Notes) -> None:
    """A refused connection is safe to repeat, so it must be told apart from a read timeout."""
    notes.faults.add(Fault(kind=FaultKind.REFUSED))
    with pytest.raises(requests.ConnectionError) as caught:
        session.get(f"{URL}/a", timeout=10)
    assert not isinstance(caught.value, requests.Timeout)


def test_silence_takes_the_whole_timeout(session: requests.Session, notes: Notes) -> None:
    """A timeout costs the time it is long, in virtual time; the read timeout is the second of a
    pair.
    """
    notes.faults.add(Fault(kind=FaultKind.TIMEOUT_BEFORE))
    with pytest.raises(requests.ReadTimeout):
        session.get(f"{URL}/a", timeout=(3, 10))
    assert notes.clock.now() == START + timedelta(seconds=10)


def test_silence_without_a_timeout_is_a_bug_of_the_caller(
    session: requests.Session, notes: Notes
) -> None:
    """A caller that gives no timeout would hang for ever on a silent server, and is told so."""
    notes.faults.add(Fault(kind=FaultKind.TIMEOUT_AFTER))
    with pytest.raises(HungForeverError, match="no timeout was given"):
        session.get(f"{URL}/a")


def test_slow_answer_comes_if_the_caller_waits(session: requests.Session, notes: Notes) -> None:
    """A slow answer takes virtual time; past the caller's patience it is a timeout after the
    effect.
    """
    notes.faults.add(Fault(kind=FaultKind.SLOW, seconds=8))
    assert session.post(f"{URL}/a", timeout=10).ok
    assert notes.clock.now() == START + timedelta(seconds=8)
    with pytest.raises(requests.ReadTimeout):
        session.post(f"{URL}/a", timeout=5)
    assert notes.clock.now() == START + timedelta(seconds=13)
    assert len(notes.kept) == 2


def test_delay_can_go_elsewhere(notes: Notes) -> None:
    """A simulation that owns the time takes the delays itself."""
    waited: list[float] = []
    session = requests.Session()
    session.mount(URL, SimulatorAdapter(notes, on_delay=waited.append))
    notes.latency = 0.25
    session.get(f"{URL}/a", timeout=10)
    assert waited == [0.25]
    assert notes.clock.now() == START


def test_throttled_names_the_seconds(session: requests.Session, notes: Notes) -> None:
    """A 429 always says when to come again."""
    notes.faults.add(Fault(kind=FaultKind.THROTTLED, seconds=17))
    answer = session.post(f"{URL}/a", timeout=10)
    assert (answer.status_code, answer.headers["Retry-After"], notes.kept) == (429, "17", [])


def test_status_with_a_given_body(session: requests.Session, notes: Notes) -> None:
    """An order may put any body in the vendor's place, e.g. a gateway's page."""
    notes.faults.add(
        Fault(
            kind=FaultKind.STATUS,
            status=502,
            body="<html>Bad Gateway</html>",
            content_type="text/html",
        )
    )
    answer = session.get(f"{URL}/a", timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert answer.text == "<html>Bad Gateway</html>"


def test_status_after_the_effect(session: requests.Session, notes: Notes) -> None:
    """A 500 can come from a call that has done its work: the ambiguity that a writer has to live
    with.
    """
    notes.faults.add(Fault(kind=FaultKind.STATUS, status=500, effect=True))
    assert session.post(f"{URL}/a", timeout=10).status_code == 500
    assert len(notes.kept) == 1


@pytest.mark.parametrize("garble", [each for each in Garble if each is not Garble.DOUBLED])
def test_garbled_answer_cannot_be_read(
    session: requests.Session, notes: Notes, garble: Garble
) -> None:
    """Truncated, a page, or empty: status 200, and no JSON in it."""
    notes.faults.add(Fault(kind=FaultKind.GARBLED, garble=garble))
    answer = session.post(f"{URL}/a", timeout=10)
    assert answer.status_code == 200
    assert len(notes.kept) == 1
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_fault_strikes_where_and_when_it_was_ordered() -> None:
    """An order counts the calls that it matches: the first pass, then so many are struck."""
    plan = FaultPlan(
        Fault(kind=FaultKind.REFUSED, operation="POST *", contains="42", after=1, times=2)
    )
    post, other = (
        Request("POST", "/agreements/42/additions"),
        Request("POST", "/agreements/7/additions"),
    )
    assert plan.pick(other, "POST additions") is None
    assert plan.pick(post, "PATCH additions") is None
    assert [plan.pick(post, "POST additions") is not None for _ in range(4)] == [
        False,
        True,
        True,
        False,
    ]
    assert plan.struck == 2


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "/x/needle"),
        Request("GET", "/", {"q": "a needle b"}),
        Request("POST", "/", body=b'["needle"]'),
    ],
)
def test_fault_finds_its_company_anywhere(request_: Request) -> None:
    """A call is about a company whether its id stands in the path, the query or the body."""
    plan = FaultPlan(Fault(kind=FaultKind.REFUSED, contains="needle"))
    assert plan.pick(request_, "any") is not None


def test_first_due_order_strikes_then_the_next() -> None:
    """Orders go in their order; one that is used up makes room for the next, and then for the
    chooser.
    """
    plan = FaultPlan(Fault(kind=FaultKind.REFUSED, times=1), Fault(kind=FaultKind.SLOW, times=1))
    plan.chooser = lambda _request, operation: (
        Fault(kind=FaultKind.STATUS) if operation == "b" else None
    )
    struck = [plan.pick(Request("GET", "/"), operation) for operation in ("a", "a", "a", "b")]
    assert [fault and fault.kind for fault in struck] == [
        FaultKind.REFUSED,
        FaultKind.SLOW,
        None,
        FaultKind.STATUS,
    ]
    plan.add(Fault(kind=FaultKind.REFUSED))
    plan.clear()
    assert plan.pick(Request("GET", "/"), "a") is None


def test_calls_are_counted_by_operation(session: requests.Session, notes: Notes) -> None:
    """A test asks how often what was called, and with which body."""
    session.post(f"{URL}/x/a", data=b"1", timeout=10)
    session.post(f"{URL}/y/a", data=b"2", timeout=10)
    session.get(f"{URL}/a", timeout=10)
    assert notes.calls.count("POST a") == 2
    assert notes.calls.count() == len(notes.calls) == 3
    assert [(call.path, call.body) for call in notes.calls.of("POST a")] == [
        ("/x/a", b"1"),
        ("/y/a", b"2"),
    ]
    notes.calls.clear()
    assert notes.calls.count() == 0


def test_call_log_forgets_calls_but_not_counts(session: requests.Session, notes: Notes) -> None:
    """A long run keeps the last calls only, and the number of all."""
    notes.calls = CallLog(size=2)
    for _ in range(5):
        session.get(f"{URL}/a", timeout=10)
    assert (len(list(notes.calls)), notes.calls.count("GET a")) == (2, 5)
