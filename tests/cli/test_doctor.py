"""How `tally doctor` shows what it found, and what it does where it cannot look at all."""

import json
from collections.abc import Iterator

import pytest
from rich.console import Console

from cli.doctor.checklist import Check, examine
from cli.doctor.checks import CHECKS
from cli.doctor.finding import Finding, Verdict, found, needs_setup, ok
from tally.errors import SetupError, TransientError
from tests.cli.installed import Installed


def saying(*findings: Finding) -> object:
    """A check's work that finds these."""

    def look(_subject: None) -> Iterator[Finding]:
        yield from findings

    return look


def check(name: str, look: object, *needs: str) -> Check[None]:
    return Check(name=name, title=name.title(), look=look, remedy="Do it.", needs=needs)  # type: ignore[arg-type]  # a generator's


def raising(error: Exception) -> object:
    def look(_subject: None) -> Iterator[Finding]:
        raise error

    return look


def test_what_needs_a_failed_check_is_not_checked() -> None:
    """A check is left out where what it needs is missing, through any number of steps; a mere
    finding stops nothing.
    """
    done: list[str] = []

    def noted(name: str) -> object:
        def look(_subject: None) -> Iterator[Finding]:
            done.append(name)
            yield ok("fine")

        return look

    results = list(
        examine(
            None,
            [
                check("a", saying(needs_setup("no a", "make one"))),
                check("b", noted("b"), "a"),
                check("c", noted("c"), "b"),
                check("d", saying(found("half", "look"))),
                check("e", noted("e"), "d"),
            ],
        )
    )
    assert [each.verdict.value for each in results] == [
        "needs set-up",
        "not checked",
        "not checked",
        "finding",
        "ok",
    ]
    assert [each.findings[0].says for each in results[1:3]] == [
        "not checked: it needs 'A'.",
        "not checked: it needs 'B'.",
    ]
    assert done == ["e"]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [(SetupError("no right"), "needs set-up"), (TransientError("no answer"), "finding")],
)
def test_an_error_is_a_finding(error: Exception, verdict: str) -> None:
    """What a check cannot read is its finding, with what to do; and what needs it is not checked,
    whoever has to act.
    """
    first, second = examine(None, [check("a", raising(error)), check("b", saying(ok("fine")), "a")])
    assert first.verdict.value == verdict
    assert str(error) in first.findings[0].says
    assert "Do it." in first.findings[0].remedy
    assert second.verdict is Verdict.NOT_CHECKED


def test_what_was_found_before_an_error_is_kept() -> None:
    """SAFE-5: an error in the midst of a check hides nothing that the check had found."""

    def look(_subject: None) -> Iterator[Finding]:
        yield found("Harbor Dental is held", "ask them")
        raise TransientError("no answer")

    (result,) = examine(None, [check("a", look)])
    assert [each.says for each in result.findings] == ["Harbor Dental is held", "no answer"]


def test_a_bug_is_no_finding() -> None:
    """An error that is not Tally's own is not dressed up as somebody's set-up."""
    with pytest.raises(ZeroDivisionError):
        list(examine(None, [check("a", raising(ZeroDivisionError()))]))


def test_the_worst_finding_decides() -> None:
    """One fault among many good things is what shows."""
    (result,) = examine(None, [check("a", saying(ok("x"), found("y", "z"), ok("v")))])
    assert result.verdict is Verdict.FINDING


def test_each_check_needs_earlier_ones() -> None:
    """The list can be worked down: a check needs only what stands above it."""
    above: set[str] = set()
    for each in CHECKS:
        assert above.issuperset(each.needs), each.name
        above.add(each.name)
    assert len(above) == len(CHECKS)


def test_the_list_for_a_person(msp: Installed) -> None:
    """Each line has its number, verdict and title; a fault has what to do below it, and the end
    says where to begin.
    """
    msp.world.gravityzone.options.enabled_apis = ("companies", "network")
    ended = msp.run("doctor")
    assert ended.code == 1
    assert ended.err == ""
    lines = ended.out.splitlines()
    at = lines.index(" 6  needs set-up  GravityZone: what the key may do")
    assert lines[at + 1].strip() == "The API key lacks the API Licensing."
    assert lines[at + 2].strip().startswith("→ In Control Center")
    assert "21  not checked   Customers: linked to ConnectWise" in lines
    assert lines[-1] == "25 checks: 19 ok, 5 not checked, 1 needs set-up. Begin with number 6."


def test_the_document_for_a_program(msp: Installed) -> None:
    """--json gives one document on standard output: each check with stable names, and how many
    there are of each verdict.
    """
    msp.world.gravityzone.options.enabled_apis = ("companies", "network")
    ended = msp.run("doctor", "--json")
    document = json.loads(ended.out)
    assert ended.code == 1
    assert set(document) == {"stack", "at", "checks", "totals"}
    assert document["at"] == "2026-11-03T00:10:00Z"
    assert document["totals"] == {"ok": 19, "not checked": 5, "finding": 0, "needs set-up": 1}
    assert [each["check"] for each in document["checks"]] == [each.name for each in CHECKS]
    (finding,) = document["checks"][5]["findings"]
    assert set(finding) == {"verdict", "says", "remedy"}


def test_80_columns(msp: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal of 80 columns no line is longer, whatever the addresses and names in it."""
    monkeypatch.setattr(
        "cli.output._console", lambda stream: Console(file=stream, force_terminal=True, width=80)
    )
    msp.store(gravityzone_api_key="other")
    for line in msp.run("doctor").out.splitlines():
        assert len(line) <= 80 or "://" in line, line


def test_many_findings(msp: Installed) -> None:
    """Of very many findings of one check a person is shown the first, and how to see the rest; a
    program gets all.
    """
    for number in range(30):
        msp.world.gravityzone.tenant.add_company(f"Customer {number:04d}")
    ended = msp.run("doctor")
    assert "Customer 0019" in ended.text
    assert "Customer 0020" not in ended.text
    assert "and 10 more: `tally doctor --json` lists them all." in ended.text
    assert len(msp.check("companies")["findings"]) == 30


def test_no_stack(msp: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no stack to look at, nothing can be checked: 2, and one line."""

    def none() -> dict[str, str]:
        raise SetupError(
            "There is no stack tally in eu-west-1: give --stack, --region or --profile, or deploy "
            "it there."
        )

    monkeypatch.setattr(Installed, "outputs", property(lambda _: none()), raising=False)
    ended = msp.run("doctor")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "tally: There is no stack tally in eu-west-1: give --stack, --region or --profile, or "
        "deploy it there.\n"
    )


def test_many_customers(msp: Installed) -> None:
    """2,000 customers without a fault make the list no longer; each list is read once, and each
    agreement's Additions, no faster than is safe.
    """
    for number in range(1999):
        msp.customer(f"Customer {number:04d}")
    msp.world.connectwise.calls.clear()
    msp.world.connectwise.options.requests_per_minute = 1000
    ended = msp.run("doctor")
    assert len(ended.out.splitlines()) == 52
    assert not [call for call in msp.world.connectwise.calls if call.status == 429]
    assert msp.world.connectwise.calls.count("GET additions") == 2000
    # Pages of 1,000 and the end of them, and a look at each page's last record (MATCH-8).
    assert msp.world.connectwise.calls.count("GET companies") == 3 + 2
