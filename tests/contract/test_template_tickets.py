"""The function that asks in tickets: when it runs, and what it may do (ASK-1 to 8)."""

from datetime import timedelta
from typing import Any

import pytest

from tally.domain.model.standing import StandingState
from tally.errors import SetupError
from tally.ledger import keys
from tally.runtime.parts.tickets import TicketSettings
from tests.contract.template import Template

QUARTER = timedelta(minutes=15)
SETTINGS = {
    "CONNECTWISE_COMPANY": "msp",
    "CONNECTWISE_URL": "https://127.0.0.1:9",
    "ACCOUNT_AND_REGION": "123456789012 eu-west-1",
    "REQUEST_TIMEOUT_SECONDS": "10",
    "SECRET_ID": "keys",
    "SETTLE_SECONDS": "300",
    "STACK_NAME": "tally",
    "TABLE_NAME": "ledger",
}


def _round(template: Template) -> dict[str, Any]:
    properties: dict[str, Any] = template.properties("TicketsFunction")["Events"]["Round"][
        "Properties"
    ]
    return properties


def test_one_round_a_quarter_of_an_hour_after_the_tick(template: Template) -> None:
    """ASK-8: one look per open question and 15 minutes, once the tick has found what waits, and
    never two rounds at once: the one before has ended.
    """
    assert _round(template)["ScheduleExpression"] == "cron(9/15 * * * ? *)"
    timeout = timedelta(seconds=template.properties("TicketsFunction")["Timeout"])
    assert timeout < QUARTER


def test_the_next_round_is_the_retry(template: Template) -> None:
    """ASK-1: what was begun is in the ledger, so nothing is repeated and nothing is a dead
    letter.
    """
    once = template.properties("TicketsFunction")["EventInvokeConfig"]
    assert once == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 300}
    assert _round(template)["RetryPolicy"]["MaximumRetryAttempts"] == 0
    assert "DeadLetterConfig" not in _round(template)
    assert _round(template)["RoleArn"] == {"Fn::GetAtt": "ScheduleRole.Arn"}


def test_without_a_board_nothing_fires_and_no_key_may_be_read(template: Template) -> None:
    """Off is the default: no call is made, and no right is there to make one."""
    assert template.parameters["TicketBoard"]["Default"] == ""
    assert template.body["Conditions"]["TicketsAreAsked"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "TicketBoard"}, ""]}]
    }
    assert template.body["Conditions"]["TicketsRun"] == {
        "Fn::And": [
            {"Condition": "TicketsAreAsked"},
            {"Fn::Equals": [{"Ref": "ScheduleExpression"}, ""]},
        ]
    }
    assert _round(template)["State"] == {
        "Fn::If": ["TicketsRun", {"Ref": "ScheduleState"}, "DISABLED"]
    }
    (policy,) = template.properties("TicketsRole")["Policies"]
    ((condition, granted, without),) = [
        each["Fn::If"] for each in policy["PolicyDocument"]["Statement"] if "Fn::If" in each
    ]
    assert (condition, granted["Sid"]) == ("TicketsAreAsked", "ReadTheKeys")
    assert without == {"Ref": "AWS::NoValue"}


def test_it_writes_what_is_a_customers_alone(template: Template) -> None:
    """ASK-5: an answer is written as the command writes it; ticks, books, evidence and the marks of
    ConnectWise's companies are none of its own, and nothing is ever deleted.
    """
    statements = {each["Sid"]: each for each in template.statements("TicketsRole")}
    assert set(statements) == {
        "WriteItsLog",
        "ReadTheKeys",
        "ReadRecordsAndHistories",
        "WriteTicketsAndAnswers",
        "ReadTheIndex",
    }
    writing = statements["WriteTicketsAndAnswers"]
    assert writing["Action"] == "dynamodb:PutItem"
    begins = keys.link_key("")["pk"]["S"]
    assert writing["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{begins}*"]}
    }
    for other in (keys.ticks_key(), keys.linked_key(7)):
        assert not other["pk"]["S"].startswith(begins)
    assert statements["ReadRecordsAndHistories"]["Action"] == ["dynamodb:GetItem", "dynamodb:Query"]


def test_what_the_parameters_take_the_function_takes(template: Template) -> None:
    """Each choice of causes is read; holds are always among them."""
    causes = template.parameters["TicketCauses"]["AllowedValues"]
    read = [TicketSettings.from_env({**SETTINGS, "TICKET_CAUSES": each}) for each in causes]
    assert [each.ticket_causes for each in read] == [
        set(),
        {StandingState.NEEDS_SETUP},
        {StandingState.FAILING},
        {StandingState.NEEDS_SETUP, StandingState.FAILING},
    ]


def test_a_cause_that_is_none_is_refused() -> None:
    """A word that nobody knows would be a cause that nobody is asked about."""
    with pytest.raises(SetupError, match="there are holds, set-up and failing"):
        TicketSettings.from_env({**SETTINGS, "TICKET_CAUSES": "holds,trouble"})
