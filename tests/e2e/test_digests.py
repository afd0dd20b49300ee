"""The reporter as deployed: a digest of a played month, fired as the schedules fire it, reaches a
subscriber of the topic.
"""

import json
from datetime import UTC, datetime

import pytest

from local.processes import wait_until
from local.stack import DEMO_PARAMETERS
from tests.e2e.msp import FIRST, Msp

pytestmark = pytest.mark.e2e

CLOSE_DAY = datetime(2025, 4, 2, 6, tzinfo=UTC)


def _mail(msp: Msp, url: str) -> tuple[str, str]:
    found: list[tuple[str, str]] = []

    def arrived() -> bool:
        for message in msp.stack.queues.receive_message(QueueUrl=url).get("Messages", []):
            told = json.loads(message["Body"])
            found.append((told["Subject"], told["Message"]))
        return bool(found)

    wait_until(arrived, what="the digest has reached the subscriber")
    [mail] = found
    return mail


def test_the_close_days_digest_reaches_a_subscriber(msp: Msp, subscribed: str) -> None:
    """SAFE-7: with the role that the template gives it, the reporter reads the ledger and tells
    what closed.
    """
    north, _ = msp.add_customer("Pine Harbor Marine"), msp.add_customer("West Gate Foods")
    msp.gravityzone.call("POST", "companies", {"name": "Nobody Knows Them"})
    msp.check_in(north, 8, FIRST)
    for tick in (
        FIRST,
        datetime(2025, 4, 1, 0, 5, tzinfo=UTC),
        datetime(2025, 4, 2, 5, 50, tzinfo=UTC),
    ):
        msp.tick(tick)
    before = msp.stack.items()
    answer = msp.stack.invoke("reporter", {"digest": "close-day", "at": CLOSE_DAY.isoformat()})
    subject, text = _mail(msp, subscribed)
    flat = " ".join(text.split())
    assert subject == answer["subject"] == "Tally: March 2025 closed for 2 customers, 1 to set up"
    assert "March 2025 is closed: 8 endpoints on the Additions of 2 customers" in flat
    assert "Nobody Knows Them" in flat
    assert msp.stack.items() == before
    assert [line["subject"] for line in msp.logged("reporter", "reported")] == [subject]


def test_a_digest_that_cannot_be_sent_is_kept(msp: Msp) -> None:
    """SAFE-6: what the reporter fails at three times lies in its failure queue, with the sentence
    that says why.
    """
    event = {"digest": "daily", "at": CLOSE_DAY.isoformat()}
    msp.stack.functions.invoke(
        FunctionName=msp.stack.function_name("reporter"),
        InvocationType="Event",
        Payload=json.dumps(event),
    )
    [letter] = msp.wait_for_letters("reporter")
    failure = json.loads(letter)
    assert failure["requestPayload"] == event
    assert failure["responsePayload"]["errorMessage"].startswith("The event asks for no digest")


def test_both_digests_have_their_schedule(msp: Msp) -> None:
    """As deployed: by the MSP's clock on Monday, and in GMT on the close day. Looks at totals,
    walks with their jobs, and rounds of tickets alone do not fire on a local stack: they are played
    by hand.
    """
    schedules = msp.stack.client("scheduler")
    names = [each["Name"] for each in schedules.list_schedules()["Schedules"]]
    found = [schedules.get_schedule(Name=each) for each in names]
    digests = {
        json.loads(each["Target"]["Input"])["digest"]: (
            each["ScheduleExpression"],
            each["ScheduleExpressionTimezone"],
        )
        for each in found
        if "digest" in each["Target"]["Input"]
    }
    zone = DEMO_PARAMETERS["BillingTimeZone"]
    assert digests == {
        "weekly": ("cron(0 8 ? * MON *)", zone),
        "close-day": ("cron(0 6 2 * ? *)", "UTC"),
    }
    states = {each["ScheduleExpression"]: each["State"] for each in found}
    by_hand = {name for name, state in states.items() if state == "DISABLED"}
    assert by_hand == {
        each["ScheduleExpression"]
        for each in found
        if '"pulse"' in each["Target"]["Input"]
        or '"walk"' in each["Target"]["Input"]
        or '"jobs"' in each["Target"]["Input"]
        or each["ScheduleExpression"] == "cron(9/15 * * * ? *)"
    }
    assert states["cron(30 5,17 * * ? *)"] == "ENABLED"
