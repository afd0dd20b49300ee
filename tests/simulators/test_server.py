"""The simulators behind a port: HTTP, control calls, and the programs."""

import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from simulators.__main__ import main
from simulators.clock import VirtualClock
from simulators.gravityzone import GravityZoneSimulator
from simulators.server import SimulatorServer

type Json = Any
"""A value read from JSON, or put into it."""

START = datetime(2026, 10, 1, tzinfo=UTC)
PATH = "/api/v1.0/jsonrpc"
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def gravityzone() -> GravityZoneSimulator:
    return GravityZoneSimulator(VirtualClock(START))


@pytest.fixture
def server(gravityzone: GravityZoneSimulator) -> Iterator[SimulatorServer]:
    with SimulatorServer(gravityzone) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=300)
        assert not thread.is_alive()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.auth = ("key", "")
        yield session


class Caller:
    """Calls the API and the control calls of one server."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self.url = url
        self.session = session

    def usage(self, company: str, timeout: float = 300) -> requests.Response:
        body = {
            "id": 1,
            "jsonrpc": "2.0",
            "method": "getMonthlyUsage",
            "params": {"companyId": company, "targetMonth": "10/2026"},
        }
        return self.session.post(f"{self.url}{PATH}/licensing", json=body, timeout=timeout)

    def count(self, company: str) -> int:
        count: int = self.usage(company).json()["result"]["endpointMonthlyUsage"]
        return count

    def sim(self, method: str, path: str, body: object = None) -> Json:
        answer = self.session.request(method, f"{self.url}/_sim/{path}", json=body, timeout=300)
        answer.raise_for_status()
        return answer.json()

    def refusal(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        answer = self.session.request(method, f"{self.url}/_sim/{path}", json=body, timeout=300)
        return answer.status_code, answer.json()["error"]


@pytest.fixture
def caller(server: SimulatorServer, session: requests.Session) -> Caller:
    return Caller(server.url, session)


def test_answers_over_http_as_in_process(caller: Caller, gravityzone: GravityZoneSimulator) -> None:
    """The same simulator answers behind a port, on a connection that is kept."""
    harbor = gravityzone.tenant.add_company("Harbor Dental")
    gravityzone.tenant.check_in_new(harbor, 4)
    for _ in range(3):
        assert caller.count(harbor) == 4
    assert caller.session.get(f"{caller.url}{PATH}/licensing", timeout=300).status_code == 405
    assert gravityzone.calls.counts == {"getMonthlyUsage": 3, f"GET {PATH}/licensing": 1}


def test_any_client_can_call(server: SimulatorServer) -> None:
    """Nothing depends on requests: the standard library's own client reads the same 404 page."""
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        urllib.request.urlopen(f"{server.url}/somewhere", timeout=300)
    with caught.value as answer:
        assert b"Not Found" in answer.read()


def test_head_and_chunked_bodies_are_answered(caller: Caller) -> None:
    """A HEAD has no body, and a body without a length is asked to give one."""
    assert caller.session.head(f"{caller.url}/x", timeout=300).status_code == 404
    answer = caller.session.post(f"{caller.url}{PATH}/network", data=iter([b"{}"]), timeout=300)
    assert answer.status_code == 411


def test_clock_is_set_over_http(caller: Caller) -> None:
    """The clock stands where it is put, and goes back only when the call says so."""
    assert caller.sim("GET", "clock") == {"now": "2026-10-01T00:00:00+00:00", "running": False}
    caller.sim("PUT", "clock", {"now": "2026-10-02T00:00:00Z"})
    status, error = caller.refusal("PUT", "clock", {"now": "2026-10-01T00:00:00Z"})
    assert (status, "the clock stands at" in error) == (400, True)
    caller.sim("PUT", "clock", {"now": "2026-10-01T00:00:00Z", "backwards": True})
    assert caller.refusal("PUT", "clock", {"now": "2026-10-01T00:00:00"})[0] == 400


@pytest.mark.parametrize("kind", ["refused", "timeout_before", "timeout_after"])
def test_fault_without_an_answer_closes_the_connection(caller: Caller, kind: str) -> None:
    """Over HTTP such a call ends in a closed connection; the next one is served."""
    caller.sim("POST", "faults", {"kind": kind, "operation": "getMonthlyUsage", "times": 1})
    with pytest.raises(requests.ConnectionError):
        caller.usage("1" * 24)
    assert caller.usage("1" * 24).status_code == 200


def test_faults_are_ordered_and_taken_back(caller: Caller) -> None:
    """Orders come one by one or as an array, are listed, and are taken back together."""
    orders = [{"kind": "throttled", "seconds": 7, "times": 1}, {"kind": "status", "status": 502}]
    assert len(caller.sim("POST", "faults", orders)["faults"]) == 2
    assert caller.usage("x").headers["Retry-After"] == "7"
    assert caller.usage("x").status_code == 502
    assert caller.sim("DELETE", "faults") == {"struck": 2, "faults": []}
    assert caller.usage("x").status_code == 200
    assert caller.refusal("POST", "faults", {"kind": "earthquake"})[0] == 400
    assert caller.refusal("POST", "faults", {"kind": "slow", "second": 1})[0] == 400


def test_slow_answer_is_really_slow(caller: Caller) -> None:
    """Behind a port a slow answer outlasts a short timeout."""
    caller.sim("POST", "faults", {"kind": "slow", "seconds": 30})
    with pytest.raises(requests.ReadTimeout):
        caller.usage("x", timeout=0.05)


def test_calls_are_shown_and_forgotten(caller: Caller) -> None:
    """The log of calls tells operations, bodies and faults; control calls are not in it."""
    caller.sim("POST", "faults", {"kind": "status", "status": 500, "times": 1})
    caller.usage("x")
    shown = caller.sim("GET", "calls")
    assert shown["counts"] == {"getMonthlyUsage": 1}
    assert (shown["calls"][0]["status"], shown["calls"][0]["fault"]) == (500, "status")
    assert "targetMonth" in shown["calls"][0]["body"]
    assert caller.sim("DELETE", "calls") == {"counts": {}, "calls": []}


def test_companies_and_machines_are_changed_over_http(caller: Caller) -> None:
    """A person plays an MSP's life: companies, machines, licences, and the truth to compare
    with.
    """
    partner = caller.sim("POST", "companies", {"name": "Summit Peak IT", "kind": "partner"})
    harbor = caller.sim("POST", "companies", {"name": "Harbor Dental", "minimum_usage": 5})["id"]
    lakeside = caller.sim("POST", "companies", {"name": "Lakeside", "parent": "Summit Peak IT"})
    assert lakeside["parent"] == partner["id"]
    made = caller.sim("POST", "checkin", {"company": "Harbor Dental", "count": 3})["machines"]
    caller.sim(
        "POST", "checkin", {"company": harbor, "at": "2026-10-20T08:00:00Z", "lag_seconds": 60}
    )
    caller.sim("POST", "checkin", {"machine": made[0], "at": "2026-11-01T08:00:00Z"})
    assert caller.count(harbor) == 3
    truth = next(one for one in caller.sim("GET", "truth")["companies"] if one["id"] == harbor)
    assert truth["months"]["2026-10"] == {"count": 3, "final": 4, "total": 3}
    assert truth["months"]["2026-11"] == {"count": 0, "final": 1, "total": 0}
    caller.sim("PATCH", "machines", {"machine": made[0], "company": "Lakeside"})
    caller.sim("DELETE", "machines", {"machine": made[1]})
    changed = caller.sim(
        "PATCH",
        "companies",
        {
            "company": "Lakeside",
            "name": "Lakeside Library",
            "parent": "Harbor Dental",
            "subscription_type": 2,
        },
    )
    assert (changed["name"], changed["parent"], changed["subscription_type"]) == (
        "Lakeside Library",
        harbor,
        2,
    )
    assert (
        caller.sim("PATCH", "companies", {"company": harbor, "minimum_usage": None})[
            "minimum_usage"
        ]
        is None
    )
    caller.sim("DELETE", "companies", {"company": "Lakeside Library"})
    assert caller.refusal("DELETE", "companies", {"company": "Lakeside Library"})[0] == 400
    assert caller.refusal("POST", "checkin", {"machine": "nobody"})[0] == 400


def test_counters_and_options_are_changed_over_http(caller: Caller) -> None:
    """Counters lie, and tenants differ, by order."""
    harbor = caller.sim("POST", "companies", {"name": "Harbor Dental"})["id"]
    caller.sim("POST", "counters", {"company": harbor, "month": "2026-10", "value": "many"})
    assert caller.usage(harbor).json()["result"]["endpointMonthlyUsage"] == "many"
    caller.sim("POST", "counters", {"company": harbor, "month": "2026-10", "missing": True})
    assert "endpointMonthlyUsage" not in caller.usage(harbor).json()["result"]
    caller.sim("DELETE", "counters")
    assert caller.count(harbor) == 0
    options = caller.sim("PATCH", "options", {"enabled_apis": ["network"]})
    assert options["enabled_apis"] == ["network"]
    assert caller.usage(harbor).status_code == 403


def test_unknown_control_call_is_a_404(caller: Caller) -> None:
    """A control call that does not exist says so."""
    assert caller.refusal("GET", "weather") == (404, "no control call GET /_sim/weather")


@pytest.mark.parametrize("program", ["gravityzone", "connectwise"])
def test_program_serves_until_it_is_told_to_stop(program: str, session: requests.Session) -> None:
    """A program takes a free port, says where it listens, plays the demo's MSP, and ends cleanly on
    SIGTERM.
    """
    command = [
        sys.executable,
        "-m",
        "simulators",
        program,
        "--port",
        "0",
        "--now",
        "2026-10-01T00:00:00Z",
    ]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on http://127.0.0.1:")
            caller = Caller(line.split()[-1], session)
            assert caller.sim("GET", "clock")["now"].startswith("2026-10-01T00:00:00")
            assert "Harbor Dental" in {
                one["name"] for one in caller.sim("GET", "truth")["companies"]
            }
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=300) == 0


@pytest.mark.parametrize("program", ["gravityzone", "connectwise"])
def test_help_documents_the_control_calls(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody has to read code to order a fault."""
    with pytest.raises(SystemExit) as ended:
        main([program, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert {"/_sim/clock", "/_sim/faults", "/_sim/calls", "/_sim/truth"} <= set(text.split())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["gravityzone", "--scenario", "nowhere.json"], "--scenario nowhere.json"),
        (["gravityzone", "--now", "2026-10-01T00:00:00"], "needs its time zone"),
        (["gravityzone", "--rate-limit", "lots"], "is not on, off, or a rate"),
        (["connectwise", "--public-key", "abc"], "--private-key"),
        ([], "gravityzone|connectwise"),
    ],
)
def test_wrong_options_are_explained(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program that cannot start says why, and exits with 2."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err
