"""What the operator sets: each setting that is missing or malformed is named, with its
parameter.
"""

from datetime import timedelta

import pytest

from tally.domain.model.month import Month
from tally.errors import SetupError
from tally.runtime.settings import PlannerSettings, Settings, WorkerSettings
from tests.unit.set_environment import ENVIRONMENT

PARAMETERS = {
    "GRAVITYZONE_URL": "GravityZoneUrl",
    "CONNECTWISE_URL": "ConnectWiseUrl",
    "CONNECTWISE_API_VERSION": "ConnectWiseApiVersion",
    "CONNECTWISE_COMPANY": "ConnectWiseCompany",
    "AGREEMENT_TYPE": "AgreementType",
    "PRODUCT": "Product",
    "SERVICES": "Services",
    "BILLING_TIME_ZONE": "BillingTimeZone",
    "BILLING_CYCLES": "BillingCycles",
    "ADDITION_TEXT": "AdditionText",
    "CLOSE_DAY": "CloseDay",
    "BILL_MINIMUM": "BillMinimum",
    "INVOICING": "Invoicing",
    "LATE_USAGE": "LateUsage",
    "GROWTH_PERCENT": "GrowthPercent",
    "GROWTH_SEATS": "GrowthSeats",
    "FIRST_MONTH_SEATS": "FirstMonthSeats",
    "OPEN_UNTIL_DAY": "OpenUntilDay",
    "SETTLE_SECONDS": "SettleSeconds",
    "FIRST_MONTH": "FirstMonth",
    "SWEEP_CALLS_PER_SECOND": "LicensingCallsPerSecond",
}
OPTIONAL = {
    "CONNECTWISE_API_VERSION",
    "FIRST_MONTH",
    "SERVICES",
    "LOCAL_HTTP_HOST",
    "PULSE_MINUTES",
}


def names(settings: type[Settings]) -> list[str]:
    """The variables that a function reads."""
    return [name.upper() for name in settings.model_fields]


def problem(settings: type[Settings], environment: dict[str, str]) -> str:
    """What the function says when it cannot start."""
    with pytest.raises(SetupError) as raised:
        settings.from_env(environment)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    return str(raised.value)


@pytest.mark.parametrize("settings", [PlannerSettings, WorkerSettings])
def test_settings_are_read(settings: type[Settings]) -> None:
    """Every setting comes out of its variable, and makes the policy that decisions go by."""
    policy = settings.from_env(ENVIRONMENT).policy
    assert (str(policy.time_zone), policy.cycles, policy.close_day) == (
        "Europe/Berlin",
        frozenset({"Monthly"}),
        2,
    )
    assert (policy.settle, policy.text) == (timedelta(minutes=5), "Active endpoints")


MISSING = [
    (settings, name)
    for settings in (PlannerSettings, WorkerSettings)
    for name in names(settings)
    if name not in OPTIONAL
]


@pytest.mark.parametrize(
    ("settings", "name"), MISSING, ids=lambda each: each if isinstance(each, str) else each.__name__
)
def test_a_missing_setting_is_named(settings: type[Settings], name: str) -> None:
    """A variable that is not there is named, with the parameter that feeds it, and no other one
    is.
    """
    said = problem(settings, {key: value for key, value in ENVIRONMENT.items() if key != name})
    assert f"the setting {name} is missing" in said
    assert PARAMETERS.get(name, "") in said
    assert said.count("the setting") == 1


MALFORMED = [
    ("TABLE_NAME", ""),
    ("SECRET_ID", ""),
    ("GRAVITYZONE_URL", ""),
    ("CONNECTWISE_URL", ""),
    ("CONNECTWISE_COMPANY", ""),
    ("CONNECTWISE_API_VERSION", "2025.1; charset=x"),
    ("CONNECTWISE_API_VERSION", ""),
    ("CONNECTWISE_API_VERSION", "latest"),
    ("AGREEMENT_TYPE", ""),
    ("PRODUCT", ""),
    ("BILLING_TIME_ZONE", ""),
    ("BILLING_TIME_ZONE", "Europe/Atlantis"),
    ("BILLING_TIME_ZONE", "Europe"),
    ("BILLING_TIME_ZONE", "../../etc/passwd"),
    ("BILLING_TIME_ZONE", "+02:00"),
    ("BILLING_CYCLES", ""),
    ("BILLING_CYCLES", " , "),
    ("ADDITION_TEXT", ""),
    ("BILL_MINIMUM", "perhaps"),
    ("INVOICING", "sometimes"),
    ("LATE_USAGE", "ignore"),
    ("GROWTH_PERCENT", "-1"),
    ("GROWTH_SEATS", "many"),
    ("FIRST_MONTH_SEATS", "1000001"),
    ("CLOSE_DAY", "1"),
    ("CLOSE_DAY", "29"),
    ("CLOSE_DAY", "two"),
    ("CLOSE_DAY", ""),
    ("OPEN_UNTIL_DAY", "0"),
    ("OPEN_UNTIL_DAY", "29"),
    ("SETTLE_SECONDS", "0"),
    ("SETTLE_SECONDS", "3601"),
    ("SETTLE_SECONDS", "5m"),
    ("FIRST_MONTH", "2026-13"),
    ("FIRST_MONTH", "11/2026"),
    ("REQUEST_TIMEOUT_SECONDS", "0"),
    ("REQUEST_TIMEOUT_SECONDS", "61"),
    ("QUEUE_URL", ""),
    ("SWEEP_CALLS_PER_SECOND", "0"),
    ("SWEEP_CALLS_PER_SECOND", "6"),
    ("SWEEP_CALLS_PER_SECOND", "nan"),
    ("CALLS_PER_SECOND", "0"),
    ("CALLS_PER_SECOND", "inf"),
    ("BURST", "0"),
    ("BURST", "5"),
    ("BURST", "1.5"),
    ("JOBS_AT_ONCE", "0"),
    ("JOBS_AT_ONCE", "5"),
]


@pytest.mark.parametrize(("name", "value"), MALFORMED)
def test_a_malformed_setting_is_named(name: str, value: str) -> None:
    """A variable that means nothing is named with its parameter and what is wrong, by each function
    that reads it.
    """
    readers = [each for each in (PlannerSettings, WorkerSettings) if name in names(each)]
    assert readers
    for settings in readers:
        said = problem(settings, {**ENVIRONMENT, name: value})
        assert f"the setting {name} is malformed" in said
        assert PARAMETERS.get(name, "") in said
        assert said.count("the setting") == 1


def test_all_that_is_wrong_is_said_at_once() -> None:
    """An operator puts everything right in one go: each wrong setting has its sentence."""
    said = problem(
        PlannerSettings, {**ENVIRONMENT, "CLOSE_DAY": "x", "FIRST_MONTH": "y", "PRODUCT": ""}
    )
    for name in ("CLOSE_DAY", "FIRST_MONTH", "PRODUCT"):
        assert f"the setting {name} is malformed" in said


def test_a_huge_value_hides_nothing_else() -> None:
    """SAFE-10: what one setting's text is like does not push the others out of the sentence."""
    wrong = {**ENVIRONMENT, "FIRST_MONTH": "9" * 100_000, "SETTLE_SECONDS": "soon"}
    with pytest.raises(SetupError, match="SETTLE_SECONDS") as caught:
        PlannerSettings.from_env(wrong)
    assert "FIRST_MONTH" in str(caught.value)


def test_an_empty_environment() -> None:
    """Without any setting each one that is needed is named."""
    said = problem(WorkerSettings, {})
    for name in names(WorkerSettings):
        assert name in OPTIONAL or f"the setting {name} is missing" in said


def test_a_value_is_not_shown() -> None:
    """What stands in a variable by mistake, a key for instance, is not in the error."""
    said = problem(
        PlannerSettings,
        {**ENVIRONMENT, "CLOSE_DAY": "hunter2-key", "BILLING_TIME_ZONE": "hunter2-key"},
    )
    assert "hunter2" not in said


def test_cycles_are_a_list() -> None:
    """MATCH-5: the cycles that count as monthly are names between commas, spaces around them
    aside.
    """
    read = PlannerSettings.from_env({**ENVIRONMENT, "BILLING_CYCLES": "Monthly, Every Month ,"})
    assert read.policy.cycles == frozenset({"Monthly", "Every Month"})


def test_first_month() -> None:
    """OPEN-8: the first month is a setting; left empty, or out, it is the first tick's."""
    assert PlannerSettings.from_env({**ENVIRONMENT, "FIRST_MONTH": "2026-11"}).first_month == Month(
        2026, 11
    )
    assert PlannerSettings.from_env(ENVIRONMENT).first_month is None
    left_out = {name: value for name, value in ENVIRONMENT.items() if name not in OPTIONAL}
    assert PlannerSettings.from_env(left_out).first_month is None
