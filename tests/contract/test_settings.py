"""The template and the settings that the functions read know of the same names."""

import re

import pytest

from local.checkout import ROOT
from tally.runtime import settings
from tally.runtime.parts.tickets import TicketSettings
from tests.contract.template import Template

_OTHERS = {"AWS_ENDPOINT_URL", "LOG_LEVEL"}
"""Read by boto3 and Powertools."""


@pytest.mark.parametrize(
    ("function", "read_by"),
    [("PlannerFunction", settings.PlannerSettings), ("WorkerFunction", settings.WorkerSettings)],
)
def test_a_function_is_given_what_it_reads_and_nothing_else(
    template: Template, function: str, read_by: type[settings.Settings]
) -> None:
    """A variable that nobody reads is a setting without effect; without one that is read, nothing
    starts.
    """
    assert set(template.environment(function)) - _OTHERS == {
        name.upper() for name in read_by.model_fields
    }


@pytest.mark.parametrize(
    ("function", "read_by"),
    [
        ("ReporterFunction", settings.ReporterSettings),
        ("BookFunction", settings.BookSettings),
        ("TicketsFunction", TicketSettings),
    ],
)
def test_a_reader_of_the_ledger_is_given_what_it_reads(
    template: Template, function: str, read_by: type[settings.FromEnvironment]
) -> None:
    """It reads little of what all functions are given; of its own nothing that it does not read."""
    read = {name.upper() for name in read_by.model_fields}
    if function == "BookFunction":
        read |= {name.upper() for name in settings.ConnectWiseSettings.model_fields}
    assert read <= set(template.environment(function))
    assert set(template.properties(function)["Environment"]["Variables"]) <= read


@pytest.mark.parametrize(
    "function",
    ["PlannerFunction", "WorkerFunction", "BookFunction", "EvidenceFunction", "TicketsFunction"],
)
def test_an_error_names_the_parameter_that_feeds_the_setting(
    template: Template, function: str
) -> None:
    """What a message tells the operator to set again is the template's name for it."""
    environment = template.environment(function)
    for variable, parameter in settings._PARAMETERS.items():
        assert environment.get(variable, {"Ref": parameter}) == {"Ref": parameter}
        assert parameter in template.parameters


@pytest.mark.parametrize(
    ("setting", "parameter"), [("close_day", "CloseDay"), ("open_until_day", "OpenUntilDay")]
)
def test_a_setting_takes_what_its_parameter_takes(
    template: Template, setting: str, parameter: str
) -> None:
    """CloudFormation refuses first what the function would refuse at its start."""
    if setting == "close_day":
        reporters, books, planners = (
            each.model_fields[setting]
            for each in (
                settings.ReporterSettings,
                settings.BookSettings,
                settings.PlannerSettings,
            )
        )
        assert reporters.metadata == books.metadata == planners.metadata
    limits = {
        type(each).__name__: each
        for each in settings.PlannerSettings.model_fields[setting].metadata
    }
    assert limits["Ge"].ge == template.parameters[parameter]["MinValue"]
    assert limits["Le"].le == template.parameters[parameter]["MaxValue"]


def test_the_readme_tells_each_setting_as_the_template_does(template: Template) -> None:
    """A technician reads the settings' page, CloudFormation asks by the template: both say the same
    of
    every parameter.
    """
    rows = re.findall(
        r"^\| `(\w+)` \| (.+?) \| (.+) \|$",
        (ROOT / "docs" / "settings.md").read_text(),
        flags=re.MULTILINE,
    )
    told = {name: (default, meaning) for name, default, meaning in rows}
    shown = {None: "*asked for*", "": "*empty*"}
    assert told == {
        name: (shown.get(each.get("Default"), f"`{each.get('Default')}`"), each["Description"])
        for name, each in template.parameters.items()
    }
