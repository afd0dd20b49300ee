"""`tally doctor` and what is not as it must be in AWS: settings, secret, ledger, schedule,
alarms.
"""

import json
import shlex
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from cli.deployment.dead_letters import QUEUES
from cli.doctor.account import Account
from cli.doctor.aws_checks import interval, tick_finding
from cli.doctor.finding import Verdict
from tally.domain.model.month import Month
from tally.domain.model.ticks import Ticks
from tally.domain.pulse.state import Proof, Pulse, Trust
from tests.cli.installed import KEYS, TICK, Installed, only

ALWAYS = {"clock", "schedule", "alarms", "alarm-mail"}
"""What can be told whatever the settings are."""


def test_malformed_settings(msp: Installed) -> None:
    """A setting that the functions cannot start with is named with its parameter; what needs
    settings is not checked.
    """
    msp.environment["BILLING_TIME_ZONE"] = "Berlin"
    checks = msp.checks(code=1)
    verdict, says, remedy = only(checks["settings"])
    assert verdict == "needs set-up"
    assert "BILLING_TIME_ZONE is malformed" in says
    assert "sam deploy" in remedy
    assert {name for name, each in checks.items() if each["verdict"] != "not checked"} == {
        "settings",
        *ALWAYS,
    }


def test_two_services_that_are_one_line(msp: Installed) -> None:
    """READ-6: settings that each read well and together cannot be billed are told by the first
    check.
    """
    msp.environment["SERVICES"] = (
        '{"mail": {"counter": "emailSecurityMonthlyUsage", "product": "GZ-ENDPOINT"}}'
    )
    assert "are both billed as product 'GZ-ENDPOINT'" in only(msp.check("settings"))[1]


def test_the_time_zone_is_told(msp: Installed) -> None:
    """The local time is said, so that a person can compare it with ConnectWise's."""
    assert (
        "Europe/Berlin, where it is Tuesday 03 November 2026, 01:10"
        in only(msp.checks(code=0)["time-zone"])[1]
    )


@pytest.mark.parametrize(
    ("ahead", "words"),
    [(timedelta(minutes=-3), "3 minutes ahead of"), (timedelta(minutes=10), "10 minutes behind")],
)
def test_a_clock_that_is_off(msp: Installed, ahead: timedelta, words: str) -> None:
    """A machine whose clock differs from AWS's by more than a minute is told by how much, and in
    which direction.
    """
    msp.identity.ahead = ahead
    verdict, says, remedy = only(msp.check("clock"))
    assert verdict == "finding"
    assert f"This machine's clock is {words} AWS's" in says
    assert "NTP" in remedy


@pytest.mark.parametrize("ahead", [timedelta(seconds=-59), timedelta(seconds=59)])
def test_a_clock_that_is_hardly_off(msp: Installed, ahead: timedelta) -> None:
    """Seconds do not matter."""
    msp.identity.ahead = ahead
    msp.checks(code=0)


def test_a_secret_without_all_its_keys(msp: Installed) -> None:
    """A key that the secret lacks is named; neither vendor can be asked, the rest is looked at."""
    keys = {name: value for name, value in KEYS.items() if name != "connectwise_client_id"}
    msp.client("secretsmanager").put_secret_value(SecretId="keys", SecretString=json.dumps(keys))
    checks = msp.checks(code=1)
    verdict, says, remedy = only(checks["secret"])
    assert verdict == "needs set-up"
    assert "has no text for, connectwise_client_id:" in says
    assert "tally secrets set" in remedy
    assert (
        checks["gravityzone-key"]["verdict"]
        == checks["connectwise-keys"]["verdict"]
        == "not checked"
    )
    assert checks["table"]["verdict"] == "ok"


def test_a_newcomers_empty_secret(msp: Installed) -> None:
    """Right after the deployment: the secret has no value, and the first thing to do is said."""
    msp.client("secretsmanager").create_secret(Name="empty")
    msp.environment["SECRET_ID"] = "empty"
    verdict, says, remedy = only(msp.check("secret"))
    assert (verdict, remedy) == ("needs set-up", "Store the keys with `tally secrets set`.")
    assert "has no value yet" in says
    assert "Begin with number 4." in msp.run("doctor").text


def test_no_key_is_shown(msp: Installed) -> None:
    """No key stands in anything that the doctor prints, whichever of them is refused."""
    wrong = {name: f"hush-{number}" for number, name in enumerate(KEYS)}
    msp.store(**wrong)
    for arguments in (["doctor"], ["doctor", "--json"]):
        ended = msp.run(*arguments)
        assert "hush" not in ended.out + ended.err


def test_no_ledger(msp: Installed) -> None:
    """A table that is not there is needed: without it nothing is billed."""
    msp.environment["TABLE_NAME"] = "elsewhere"
    checks = msp.checks(code=1)
    verdict, says, _ = only(checks["table"])
    assert verdict == "needs set-up"
    assert "the table elsewhere" in says
    assert checks["last-tick"]["verdict"] == checks["companies"]["verdict"] == "not checked"


def test_a_table_that_is_no_ledger(msp: Installed) -> None:
    """A table without the index cannot be the ledger: a wrong name in TableName."""
    msp.client("dynamodb").create_table(
        TableName="other",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    msp.environment["TABLE_NAME"] = "other"
    verdict, says, remedy = only(msp.check("table"))
    assert (verdict, says) == ("needs set-up", "The ledger other has no index named index.")
    assert "TableName" in remedy


def test_a_restored_table(msp: Installed) -> None:
    """What a restore leaves off, recovery and protection, is found, each with the command that
    turns it on.
    """
    tables = msp.client("dynamodb")
    tables.update_continuous_backups(
        TableName="ledger", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    tables.update_table(TableName="ledger", DeletionProtectionEnabled=False)
    recovery, protection = msp.check("table")["findings"]
    assert recovery["verdict"] == protection["verdict"] == "finding"
    assert "point-in-time recovery is off" in recovery["says"]
    assert recovery["remedy"].startswith(
        "aws dynamodb update-continuous-backups --table-name ledger"
    )
    assert "deletion protection is off" in protection["says"]


@pytest.mark.parametrize("name", QUEUES.values())
def test_dead_letters(msp: Installed, name: str) -> None:
    """What lies in a queue of failures is counted, with the command that tells why."""
    for _ in range(2):
        msp.client("sqs").send_message(QueueUrl=msp.outputs[name], MessageBody="{}")
    verdict, says, remedy = only(msp.check("queues"))
    assert verdict == "finding"
    assert says.startswith("2 ")
    assert name in says
    assert "tally failed list" in remedy


def test_no_queue(msp: Installed) -> None:
    """A queue that is gone stops everything."""
    msp.client("sqs").delete_queue(QueueUrl=msp.outputs["JobsQueue"])
    assert only(msp.check("queues"))[0] == "needs set-up"


def test_a_disabled_schedule(msp: Installed) -> None:
    """SAFE-7: a schedule that is switched off bills nobody: it is named, with where to switch it
    on.
    """
    _disable(msp, msp.schedule)
    verdict, says, remedy = only(msp.check("schedule"))
    assert (verdict, says) == (
        "needs set-up",
        "The schedule tally-Tick is disabled: no count is read and nothing is billed.",
    )
    assert "Enable" in remedy


def test_looks_alone_are_disabled(msp: Installed) -> None:
    """PULSE-4: ticks go on while looks do not come: that is told, and is no need of set-up."""
    _disable(msp, "tally-Pulse")
    checks = msp.checks(code=1)
    assert checks["schedule"]["verdict"] == "ok"
    verdict, says, remedy = only(checks["looks"])
    assert verdict == "finding"
    assert says.startswith("The schedule tally-Pulse of looks at totals is disabled")
    assert "Amazon EventBridge > Schedules > tally-Pulse > Enable" in remedy
    assert "PulseMinutes 0" in remedy


def test_looks_do_not_stand_in_for_ticks(msp: Installed) -> None:
    """A planner that is fired for looks alone bills nobody: the schedule is the one of ticks."""
    _disable(msp, msp.schedule)
    checks = msp.checks(code=1)
    assert only(checks["schedule"])[0] == "needs set-up"
    assert checks["looks"]["verdict"] == "not checked"
    msp.formation.resources = [each for each in msp.formation.resources if each[1] != msp.schedule]
    assert only(msp.check("schedule"))[1] == "The stack has no schedule that fires the planner."


def test_looks_that_nobody_wants(msp: Installed) -> None:
    """With PulseMinutes 0, or a schedule of one's own in place of the template's, there are none to
    be missed; a stack from before there were looks is to be deployed again.
    """
    _disable(msp, "tally-Pulse")
    msp.environment["PULSE_MINUTES"] = "0"
    checks = msp.checks(code=0)
    assert "PulseMinutes is 0" in only(checks["looks"])[1]
    assert "off by the setting PulseMinutes" in only(checks["pulse"])[1]
    msp.environment["PULSE_MINUTES"] = "1"
    kept = [each for each in msp.formation.resources if each[1] != "tally-Pulse"]
    msp.formation.resources = kept
    assert "no schedule of looks" in only(msp.check("looks"))[1]
    _change(msp, msp.schedule, ScheduleExpression="rate(1 minute)")
    assert "no looks at totals" in only(msp.checks(code=0)["looks"])[1]


def test_a_pulse_that_was_switched_off(msp: Installed) -> None:
    """PULSE-3: a contradiction is a finding, with its reason and the way back; what has proven
    itself, or has not yet, is none.
    """
    proof = Proof(trust=Trust.OFF, since=TICK, why="all totals are 0")
    msp.world.pulses.pulse = Pulse(proof=proof)
    verdict, says, remedy = only(msp.check("pulse"))
    assert verdict == "finding"
    assert "switched off since 2026-11-03 00:05 GMT" in says
    assert "all totals are 0" in says
    assert "`tally pulse on`" in remedy
    for trust in (Trust.UNPROVEN, Trust.PROVEN):
        msp.world.pulses.pulse = Pulse(proof=replace(proof, trust=trust))
        assert only(msp.checks(code=0)["pulse"])[1].startswith(f"The pulse is {trust}")


def test_another_functions_schedule(msp: Installed) -> None:
    """The schedule of digests is not the planner's, and does not stand in for it."""
    _disable(msp, "tally-Digest")
    msp.checks(code=0)
    msp.formation.resources = [each for each in msp.formation.resources if each[1] != msp.schedule]
    assert only(msp.check("schedule"))[1] == "The stack has no schedule that fires the planner."


def test_ticks_that_stopped(msp: Installed) -> None:
    """A newest tick that is hours old is told with how old it is, and how often there should be
    one.
    """
    msp.world.clock.advance(timedelta(hours=5))
    verdict, says, remedy = only(msp.check("last-tick"))
    assert verdict == "finding"
    assert says == (
        "The newest tick is of 2026-11-03 00:05 GMT, 5 hours ago, though there should be one every "
        "15 minutes: counts are not followed."
    )
    assert "planner's log" in remedy


@pytest.mark.parametrize(
    ("ticks", "minutes", "every", "words"),
    [
        (None, 0, 15, "No tick has reached the ledger yet"),
        (None, 0, None, "No tick has reached the ledger yet"),
        ((0, 0), 40, 15, ""),
        ((0, 0), 41, 15, "41 minutes ago, though there should be one every 15 minutes"),
        ((0, 0), 41, 60, ""),
        ((0, 0), 10_000, None, ""),
        ((0, 15), 9, 15, ""),
        ((0, 15), 11, 15, "could not plan everything; the last that could is of 2026-11-02 23:50"),
        ((0, None), 11, 15, "could not plan everything."),
        ((0, 14), 30, 15, ""),
        ((0, 16), 8, 15, ""),
        ((0, 16), 10, 15, "could not plan everything; the last that could is of 2026-11-02 23:49"),
        ((0, 7), 11, None, "could not plan everything"),
    ],
)
def test_ages_of_ticks(
    ticks: tuple[int, int | None] | None, minutes: int, every: int | None, words: str
) -> None:
    """Two ticks may be missed, and the planner has its time, before a tick counts as late or as not
    finished. A look that found moves begins a tick, so the newest may be ahead of the one that
    finished by less than an interval.
    """
    known = None
    if ticks is not None:
        _, behind = ticks
        finished = None if behind is None else TICK - timedelta(minutes=behind)
        known = Ticks(newest=TICK, first_month=Month(2026, 11), finished=finished)
    span = None if every is None else timedelta(minutes=every)
    finding = tick_finding(known, now=TICK + timedelta(minutes=minutes), every=span)
    assert finding.verdict is (Verdict.FINDING if words else Verdict.OK)
    assert words in finding.says
    assert bool(finding.remedy) is bool(words)


@pytest.mark.parametrize(
    ("expression", "minutes"),
    [
        ("cron(5/15 * * * ? *)", 15),
        ("cron(5/30 * * * ? *)", 30),
        ("cron(5 * * * ? *)", 60),
        ("rate(1 minute)", 1),
        ("rate(2 hours)", 120),
        ("at(2026-11-01T00:05:00)", None),
        ("cron(0 8 * * ? *)", None),
        ("", None),
    ],
)
def test_how_often_a_schedule_fires(expression: str, minutes: int | None) -> None:
    """The template's forms are understood; of any other nothing is concluded."""
    assert interval(expression) == (None if minutes is None else timedelta(minutes=minutes))


def test_an_unconfirmed_address(msp: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that has not confirmed gets no alarm: it is named, with the mail to look for, and
    the others are told too.
    """
    _subscribe(msp, monkeypatch, ("bob@example.com", "PendingConfirmation"))
    findings = msp.check("alarm-mail")["findings"]
    assert [each["verdict"] for each in findings] == ["finding", "ok"]
    assert findings[0]["says"].startswith("bob@example.com has not confirmed yet")
    assert "Subscription Confirmation" in findings[0]["remedy"]
    assert "--authenticate-on-unsubscribe true" in findings[0]["remedy"]
    assert findings[1]["says"] == "Alarms go to ann@example.com."


def _is_told_how_to_come_back(finding: dict[str, str], address: str, topic: str) -> None:
    assert finding["verdict"] == "finding"
    assert finding["says"].startswith(address)
    assert "was unsubscribed" in finding["says"]
    assert "mail scanner" in finding["says"]
    remedy = finding["remedy"]
    assert "To deploy again does not help" in remedy
    line = (
        f"aws sns subscribe --region eu-west-1 --topic-arn {topic} --protocol email "
        f"--notification-endpoint {address} "
    )
    assert line in remedy
    assert (
        f"aws sns confirm-subscription --region eu-west-1 --topic-arn {topic} --token TOKEN "
        in remedy
    )
    assert "--authenticate-on-unsubscribe true" in remedy
    assert "AlarmEmail" not in remedy


def test_an_address_that_was_unsubscribed(msp: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail scanner follows the link that unsubscribes: the doctor says so, and how to subscribe
    without such a link.
    """
    _subscribe(msp, monkeypatch, ("eve@example.com", "Deleted"))
    findings = msp.check("alarm-mail")["findings"]
    _is_told_how_to_come_back(findings[0], "eve@example.com", msp.outputs["AlarmTopic"])
    assert [each["says"] for each in findings[1:]] == ["Alarms go to ann@example.com."]


def test_an_address_that_has_come_back(msp: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was unsubscribed and subscribed again is listed twice for some days: it hears."""
    _subscribe(msp, monkeypatch, ("ann@example.com", "Deleted"))
    assert [each["says"] for each in msp.checks(code=0)["alarm-mail"]["findings"]] == [
        "Alarms go to ann@example.com."
    ]


@pytest.mark.parametrize("address", ["ann@example.com", "o'hara@example.com"])
def test_an_address_that_is_not_listed_any_more(msp: Installed, address: str) -> None:
    """Days later an address that was unsubscribed is in no list: the stack still names it, and
    deploying again changes nothing.
    """
    msp.formation.parameters["AlarmEmail"] = address
    _unsubscribe_all(msp)
    (finding,) = msp.check("alarm-mail")["findings"]
    if address == "ann@example.com":
        _is_told_how_to_come_back(finding, address, msp.outputs["AlarmTopic"])
    else:
        assert shlex.quote(address) in finding["remedy"]


def test_it_is_told_beside_others_who_hear(msp: Installed) -> None:
    """That another address hears the alarms does not hide that the one in AlarmEmail does not."""
    msp.formation.parameters["AlarmEmail"] = "ops@example.com"
    findings = msp.check("alarm-mail")["findings"]
    assert "ops@example.com, which AlarmEmail names, was unsubscribed" in findings[0]["says"]
    assert findings[1]["says"] == "Alarms go to ann@example.com."
    msp.formation.parameters["AlarmEmail"] = "Ann@Example.com"
    assert msp.checks(code=0)["alarm-mail"]["verdict"] == "ok"


@pytest.mark.parametrize("parameters", [{}, {"AlarmEmail": ""}], ids=["none yet", "empty"])
def test_nobody_hears(msp: Installed, parameters: dict[str, str]) -> None:
    """Without a subscription nobody hears of an alarm, and the parameter to give is named."""
    msp.formation.parameters = parameters
    _unsubscribe_all(msp)
    verdict, says, remedy = only(msp.check("alarm-mail"))
    assert verdict == "finding"
    assert says.startswith("Nobody is subscribed")
    assert "AlarmEmail" in remedy


def _unsubscribe_all(msp: Installed) -> None:
    for each in msp.client("sns").list_subscriptions()["Subscriptions"]:
        msp.client("sns").unsubscribe(SubscriptionArn=each["SubscriptionArn"])


def test_alarms_that_tell_nobody(msp: Installed) -> None:
    """An alarm whose actions are off, or that tells another topic, is named."""
    msp.client("cloudwatch").disable_alarm_actions(AlarmNames=["tally-Planner"])
    _, says, _ = only(msp.check("alarms"))
    assert says == "1 of 3 alarms tell nobody: tally-Planner."
    msp.outputs["AlarmTopic"] = "arn:aws:sns:eu-west-1:123456789012:another"
    assert only(msp.check("alarms"))[1].startswith("3 of 3 alarms tell nobody")


def test_an_alarm_that_rings(msp: Installed) -> None:
    """An alarm that rings is named with its reason."""
    msp.client("cloudwatch").set_alarm_state(
        AlarmName="tally-Jobs", StateValue="ALARM", StateReason="3 messages"
    )
    verdict, says, remedy = only(msp.check("alarms"))
    assert (verdict, says) == ("finding", "The alarm tally-Jobs rings: 3 messages.")
    assert "docs/operations.md" in remedy


def test_no_alarms(msp: Installed) -> None:
    """A stack deployed before there were alarms says that it is to be deployed again."""
    msp.formation.resources = [each for each in msp.formation.resources if "Alarm" not in each[0]]
    assert only(msp.check("alarms"))[1].startswith("The stack has no alarms")
    del msp.outputs["AlarmTopic"]
    checks = msp.checks(code=1)
    assert only(checks["alarms"])[:2] == (
        "needs set-up",
        "The stack tally has no topic for alarms: nobody hears of them.",
    )
    assert checks["alarm-mail"]["verdict"] == "not checked"


def test_no_right_to_look(msp: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """An AWS identity without the right to look at one part says so of that part; the others are
    looked at.
    """
    refusal = ClientError(
        {"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, "GetSchedule"
    )

    def refused(**_: str) -> None:
        raise refusal

    monkeypatch.setattr(msp.client("scheduler"), "get_schedule", refused)
    checks = msp.checks(code=1)
    verdict, says, remedy = only(checks["schedule"])
    assert verdict == "needs set-up"
    assert "AccessDenied" in says
    assert "an AWS identity that may read all of the stack" in remedy
    assert checks["alarms"]["verdict"] == "ok"


def test_the_time_of_an_answer(msp: Installed) -> None:
    """The date is that of STS's own answers."""
    from tests.cli.installed import _client  # noqa: PLC0415 - for this one

    account = Account(name="tally", client=_client, outputs=dict)
    time = account.time()
    assert time is not None
    assert time.utcoffset() == timedelta(0)


def _disable(msp: Installed, name: str) -> None:
    _change(msp, name, State="DISABLED")


def _change(msp: Installed, name: str, **other: str) -> None:
    schedule = msp.client("scheduler").get_schedule(Name=name)
    kept = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    msp.client("scheduler").update_schedule(
        **{"State": "ENABLED", **{key: schedule[key] for key in kept}, **other}
    )


def _subscribe(msp: Installed, monkeypatch: pytest.MonkeyPatch, *others: tuple[str, str]) -> None:
    """Further subscriptions that are not confirmed: moto takes each as confirmed at once."""
    pages = msp.client("sns").get_paginator("list_subscriptions_by_topic")
    (page,) = pages.paginate(TopicArn=msp.outputs["AlarmTopic"])
    pending = [
        {"Protocol": "email", "Endpoint": each, "SubscriptionArn": arn} for each, arn in others
    ]

    class Pages:
        def paginate(self, **_: str) -> list[object]:
            return [{"Subscriptions": pending}, page]

    monkeypatch.setattr(msp.client("sns"), "get_paginator", lambda _: Pages())
