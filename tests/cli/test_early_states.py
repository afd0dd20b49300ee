"""Every command in the first hours of a stack: what is so is said, and what comes next."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn

import pytest
from typer.testing import CliRunner

from cli.deployment.stored_secret import keys_in
from cli.main import app
from cli.stack import Stack, TickFailedError
from tally.errors import SetupError
from testing.ledger import MemoryLedger
from tests.cli.command_names import every_name
from tests.cli.console import WHY, Console, Ended
from tests.cli.installed import Installed
from tests.functional.instants import gmt

NO_KEYS = (
    "The secret keys has no value yet: put a JSON object with gravityzone_api_key in it. `tally "
    "secrets set` asks for the keys and stores them."
)
"""What the secret says of itself before the keys are in it."""

WHOLE: Mapping[str, tuple[str, ...]] = {
    "status": (),
    "plan": (),
    "sync": ("--yes",),
    "companies suggest": (),
    "failed list": (),
    "failed retry": ("--yes",),
    "export": (),
    "pulse": (),
    "book list": (),
    "book verify": (),
}
"""Commands of the whole stack."""

ANSWERS = (
    *("approve", "reject", "take-over", "keep-apart", "waive", "void"),
    *("credit-done", "carry-terms"),
)
SET_UP = ("untie", "unpin", "exclude", "include", "bill-partner", "unbill-partner")
ONE: Mapping[str, tuple[str, ...]] = {
    "show": ("Harbor Dental",),
    "statement": ("Harbor Dental",),
    "evidence remove": ("Harbor Dental", "--yes"),
    **dict.fromkeys(ANSWERS, ("Harbor Dental", *WHY, "--yes")),
    **{f"companies {name}": ("Harbor Dental", *WHY, "--yes") for name in SET_UP},
    "companies tie": ("Harbor Dental", "17", *WHY, "--yes"),
    "companies pin": ("Harbor Dental", "17", *WHY, "--yes"),
}
"""Commands of one company; no stack in its first hours knows it."""

OF_AN_INSTALLATION = {"doctor", "secrets set"}
"""Commands that look at AWS itself: they are tried on an installation with its AWS."""


def run(stack: Stack, name: str, *arguments: str) -> Ended:
    """Run a command on a stack."""
    result = CliRunner().invoke(app, [*name.split(), *arguments], obj=stack)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Ended(code=result.exit_code, out=result.stdout, err=result.stderr)


def said(ended: Ended) -> str:
    """Everything that a person sees, on one line."""
    return " ".join(f"{ended.out} {ended.err}".split())


def never_ticked() -> Stack:
    """Deployed a minute ago; a customer is there, and its keys."""
    console = Console()
    console.world.check_in(console.world.add_customer("Harbor Dental"), 3)
    return console.stack


def without_keys() -> Stack:
    """As the template leaves it: the secret has no value, so that each tick fails."""

    def no_keys() -> NoReturn:
        raise SetupError(NO_KEYS)

    def failing(tick: datetime) -> Mapping[str, Any]:
        del tick
        raise TickFailedError(f"The planner failed: {NO_KEYS}")

    return replace(never_ticked(), gravityzone=no_keys, connectwise=no_keys, invoke=failing)


def disabled() -> Stack:
    """Deployed with ScheduleState DISABLED: no tick comes by itself."""
    return replace(never_ticked(), scheduled=lambda: False)


def without_customers() -> Stack:
    """A tick has run, and GravityZone has nobody to bill."""
    console = Console()
    console.world.play(gmt("2026-11-01 00:05"))
    return console.stack


NEXT_TICK = "The schedule brings the first one, or have one planned now with `tally sync`."
NO_TICK = f"No tick has run yet, so that Tally knows no company. {NEXT_TICK}"
NO_TICK_COMES = (
    "No tick has run yet, so that Tally knows no company. The schedule is disabled, so that no "
    "tick comes by itself: deploy again with ScheduleState ENABLED, or have one tick planned with "
    "`tally sync`."
)
NOBODY = "`tally doctor` says why."
KEYS = "`tally secrets set`"
PULSE = "The pulse is unproven: of 3 complete sweeps in a row that must agree, 0 did"

STATES: Mapping[str, tuple[Callable[[], Stack], Mapping[str, str], str]] = {
    "never ticked": (
        never_ticked,
        {**dict.fromkeys(WHOLE, NO_TICK), "sync": "Planned: 1 company, 1 job", "pulse": PULSE},
        NO_TICK,
    ),
    "without keys": (
        without_keys,
        {**dict.fromkeys(WHOLE, NO_TICK), "plan": KEYS, "sync": KEYS, "pulse": PULSE},
        NO_TICK,
    ),
    "schedule disabled": (
        disabled,
        {
            **dict.fromkeys(WHOLE, NO_TICK_COMES),
            "sync": "Planned: 1 company, 1 job",
            "pulse": PULSE,
        },
        NO_TICK_COMES,
    ),
    "without customers": (
        without_customers,
        {
            **dict.fromkeys(WHOLE, NOBODY),
            "failed list": "Nothing has failed for good.",
            "failed retry": "Nothing has failed for good.",
            "export": "There is no record of November 2026.",
            "pulse": PULSE,
            **dict.fromkeys(("book list", "book verify"), "No book was published yet"),
        },
        "`tally status` lists those that it knows; each is known from the first tick that sees it.",
    ),
}
"""Each state, what it lets each command of the whole stack say, and those of one company."""


def test_every_command_is_tried() -> None:
    """A command that is added is looked at in each of these states too."""
    assert {*WHOLE, *ONE, *OF_AN_INSTALLATION} == every_name()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", WHOLE)
def test_of_the_whole_stack(state: str, name: str) -> None:
    """What is so is said, and what comes next; nothing is claimed of companies that are not
    known.
    """
    make, says, _ = STATES[state]
    seen = said(run(make(), name, *WHOLE[name]))
    assert says[name] in seen
    assert "is linked" not in seen
    assert "bug" not in seen.lower()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", ONE)
def test_of_one_company(state: str, name: str) -> None:
    """A company that is not known yet is refused in one line that says when it will be known."""
    make, _, says = STATES[state]
    ended = run(make(), name, *ONE[name])
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("tally: Tally knows no company 'Harbor Dental'. ")
    assert says in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("name", ["plan", "sync", "failed retry"])
@pytest.mark.parametrize("state", STATES)
def test_of_one_company_alone(state: str, name: str) -> None:
    """So is one that is named to a command of the whole stack, but for failures, of which there are
    none.
    """
    make, _, says = STATES[state]
    ended = run(make(), name, "Harbor Dental", *WHOLE[name])
    assert ended.code == 2
    assert says in ended.err


@pytest.mark.parametrize("name", ["companies suggest", "export"])
def test_an_empty_list_says_why(name: str) -> None:
    """A program gets an empty list; why it is empty is told beside it."""
    ended = run(never_ticked(), name, "--json")
    assert ended.json == []
    assert said(ended).endswith("`tally doctor` shows what is still to be set up.")


def test_the_doctor_before_the_first_tick(msp: Installed) -> None:
    """The doctor says that no tick has come, and within what time the first does."""
    msp.world.ledger = MemoryLedger()
    (finding,) = msp.check("last-tick")["findings"]
    assert finding["says"] == "No tick has reached the ledger yet: nothing is billed so far."
    assert finding["remedy"].startswith("The first comes within 15 minutes of the deployment")


def test_the_doctor_while_the_schedule_is_disabled(msp: Installed) -> None:
    """The doctor does not say that a tick will come where none does."""
    msp.world.ledger = MemoryLedger()
    scheduler = msp.client("scheduler")
    present = scheduler.get_schedule(Name=msp.schedule)
    kept = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    scheduler.update_schedule(**{name: present[name] for name in kept}, State="DISABLED")
    checks = msp.checks(code=1)
    assert checks["schedule"]["verdict"] == "needs set-up"
    (finding,) = checks["last-tick"]["findings"]
    assert "None comes by itself while the schedule is disabled" in finding["remedy"]


def test_the_doctor_without_keys(msp: Installed) -> None:
    """The doctor says that the secret has no keys yet, and what stores them."""
    msp.client("secretsmanager").delete_secret(SecretId="keys", ForceDeleteWithoutRecovery=True)
    msp.client("secretsmanager").create_secret(Name="keys")
    (finding,) = msp.check("secret")["findings"]
    assert "has no value yet" in finding["says"]
    assert finding["remedy"] == "Store the keys with `tally secrets set`."


def test_the_doctor_without_customers(msp: Installed) -> None:
    """The doctor says that there is nobody to bill, and what to do."""
    tenant = msp.world.gravityzone.tenant
    for company in [each for each in tenant.companies() if each.kind == "customer"]:
        tenant.delete_company(company.id)
    (finding,) = msp.check("gravityzone-customers")["findings"]
    assert "there is nothing to bill" in finding["says"]
    assert finding["remedy"].startswith("Give a customer a monthly subscription")


def test_keys_that_are_not_stored_yet(msp: Installed) -> None:
    """Whoever asks a vendor without keys is told of the command that stores them."""
    secrets = msp.client("secretsmanager")
    secrets.delete_secret(SecretId="keys", ForceDeleteWithoutRecovery=True)
    secrets.create_secret(Name="keys")
    with pytest.raises(
        SetupError, match=r"has no value yet.* `tally secrets set` asks for the keys"
    ):
        keys_in(secrets, "keys")


def test_keys_are_asked_for_on_a_terminal_alone(msp: Installed) -> None:
    """`tally secrets set` without a terminal says what it needs, whatever the secret holds."""
    ended = msp.run("secrets", "set")
    assert ended.code == 2
    assert "keys are asked for on a terminal alone" in ended.err
