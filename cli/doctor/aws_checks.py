"""The checks of AWS: settings, secret, table, queues, schedule, ticks and alarms."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from cli.doctor.account import Schedule
from cli.doctor.finding import Finding, found, needs_setup, ok
from cli.doctor.installation import Installation
from cli.pulse_state import PulseState
from tally.domain.model.ticks import Ticks

_SKEW = timedelta(seconds=60)
"""AWS refuses requests that are 5 minutes off; long before that, times shown here mislead."""

_PLANNER_TIME = timedelta(minutes=10)
"""The planner's timeout in the template: a tick younger than that may still be under way."""

_EVERY = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
# As in cron(5/15 * * * ? *), each quarter of an hour.
_STEP = re.compile(r"cron\(\d+/(\d+) \* \* \* \? \*\)")
_BETWEEN_TICKS = tuple(timedelta(minutes=each) for each in (15, 30, 60))
# As in cron(5 * * * ? *).
_HOURLY = re.compile(r"cron\(\d+ \* \* \* \? \*\)")

# One for each output in `cli.deployment.dead_letters.QUEUES`.
_WHAT_FAILED = {
    "JobsDeadLetterQueue": "jobs that failed to the last attempt",
    "ScheduleDeadLetterQueue": "ticks that could not be delivered",
    "PlannerFailureQueue": "ticks in which the planner failed",
    "ReporterFailureQueue": "digests that were not sent",
    "BookFailureQueue": "looks at books that failed",
    "EvidenceDeadLetterQueue": "walks of machines, or looks at some, that failed",
}


def settings(installation: Installation) -> Iterator[Finding]:
    """Check that the functions can start with the settings that they have."""
    # To read them is the check: what is missing or malformed is the error's sentence.
    services = ", ".join(installation.places)
    yield ok(f"The functions' settings can be read; they bill {services}.")


def clock(installation: Installation) -> Iterator[Finding]:
    """Check that this machine and AWS agree on the time."""
    theirs, ours = installation.account.time(), installation.stack.clock.now()
    if theirs is None:
        yield ok(
            "AWS has said nothing of the time, which is no harm: the functions go by AWS's clock."
        )
        return
    off = ours - theirs
    if abs(off) <= _SKEW:
        yield ok("This machine's clock agrees with AWS's.")
        return
    which = "ahead of" if off > timedelta() else "behind"
    yield found(
        f"This machine's clock is {_length(abs(off))} {which} AWS's: ages that this command shows "
        "are wrong by it, and beyond 5 minutes AWS refuses its calls. The functions go by AWS's "
        "clock.",
        "Set this machine's clock by a time server (NTP).",
    )


def time_zone(installation: Installation) -> Iterator[Finding]:
    """Tell the time zone that bills and its time, for a person to compare."""
    zone = installation.settings.billing_time_zone
    there = installation.stack.clock.now().astimezone(zone)
    local = f"{there:%A %d %B %Y, %H:%M}"
    yield ok(
        f"Bills go by {zone.key}, where it is {local}. If ConnectWise shows another time, deploy "
        "again with the right BillingTimeZone."
    )


def secret(installation: Installation) -> Iterator[Finding]:
    """Check that the secret holds every key."""
    installation.keys()
    yield ok("The secret holds all its keys.")


def table(installation: Installation) -> Iterator[Finding]:
    """Check that the ledger is there, and that it could be brought back."""
    ledger = installation.account.table(installation.settings.table_name)
    if not ledger.active or not ledger.indexed:
        yield needs_setup(
            (
                f"The ledger {ledger.name} "
                f"{'has no index named index' if ledger.active else 'is not ready for use'}."
            ),
            (
                "A table that was just restored takes some minutes; else name the right one in "
                "TableName and deploy again."
            ),
        )
        return
    if not ledger.recoverable:
        yield found(
            f"The ledger {ledger.name} cannot be restored to an earlier moment: point-in-time "
            "recovery is off. A restored table has it off until somebody turns it on.",
            f"aws dynamodb update-continuous-backups --table-name {ledger.name} "
            "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
        )
    if not ledger.protected:
        yield found(
            f"The ledger {ledger.name} can be deleted by mistake: deletion protection is off.",
            "Deploy again with TableProtection true; a restored table is protected by aws "
            f"dynamodb update-table --table-name {ledger.name} --deletion-protection-enabled",
        )
    if ledger.recoverable and ledger.protected:
        yield ok(
            f"The ledger {ledger.name} is there, can be restored, and is protected from deletion."
        )


def queues(installation: Installation) -> Iterator[Finding]:
    """Check that the queue of jobs is there, and that nothing lies in the queues of failures."""
    waiting = installation.account.waiting(installation.settings.queue_url)
    clean = True
    for name, count in installation.account.dead_letters().items():
        if count:
            clean = False
            yield found(
                f"{count} {_WHAT_FAILED[name]} lie in {name}.",
                "See why with `tally failed list`, put the cause right, then `tally failed retry`.",
            )
    if clean:
        yield ok(
            f"The queue of jobs is there ({waiting} under way), and nothing lies in the queues of "
            "failures."
        )


def schedule(installation: Installation) -> Iterator[Finding]:
    """Check that the schedule fires the planner."""
    schedules = _of_ticks(installation)
    if not schedules:
        yield needs_setup(
            "The stack has no schedule that fires the planner.",
            "Deploy it again with `sam deploy`.",
        )
    for each in schedules:
        if each.enabled:
            yield ok(f"The schedule fires the planner: {each.expression}.")
            continue
        yield needs_setup(
            f"The schedule {each.name} is disabled: no count is read and nothing is billed.",
            "If ScheduleState is DISABLED, deploy again with ENABLED. Else somebody has disabled "
            f"it by hand: {enable_by_hand(each)}",
        )


def looks(installation: Installation) -> Iterator[Finding]:
    """Check that the planner looks at totals between ticks, where the settings have it so."""
    if not installation.settings.pulse_minutes:
        yield ok("PulseMinutes is 0: there are no looks at totals between ticks.")
        return
    schedules = installation.account.schedules()
    # With ticks by another expression, the template makes no looks.
    if not any(map(has_template_ticks, schedules)):
        yield ok("Ticks come by ScheduleExpression, beside which there are no looks at totals.")
        return
    of_looks = [each for each in schedules if each.looks]
    if not of_looks:
        yield found(
            "The stack has no schedule of looks at totals, though PulseMinutes is set.",
            "Deploy it again with `sam deploy`.",
        )
    for each in of_looks:
        if each.enabled:
            yield ok(f"Looks at totals come between ticks: {each.expression}.")
            continue
        yield found(
            f"The schedule {each.name} of looks at totals is disabled, though that of ticks is "
            "not: for up to four hours counts are followed late, then every company is read at "
            "every tick again.",
            f"Somebody has disabled it by hand: {enable_by_hand(each)} To do without looks, deploy "
            "again with PulseMinutes 0.",
        )


def _of_ticks(installation: Installation) -> Sequence[Schedule]:
    return [each for each in installation.account.schedules() if not each.looks]


def has_template_ticks(schedule: Schedule) -> bool:
    """Return True for the template's schedule of ticks: beside a local stack's own is no other."""
    return not schedule.looks and interval(schedule.expression) in _BETWEEN_TICKS


def enable_by_hand(schedule: Schedule) -> str:
    """Say where a schedule that somebody disabled is enabled."""
    return (
        f"enable it in the AWS console, Amazon EventBridge > Schedules > {schedule.name} > Enable."
    )


def last_tick(installation: Installation) -> Iterator[Finding]:
    """Check that the planner has run lately, and to its end."""
    ticks, schedules = installation.ledger.ticks(), _of_ticks(installation)
    if ticks is None and schedules and not any(each.enabled for each in schedules):
        yield found(
            "No tick has reached the ledger yet: nothing is billed so far.",
            "None comes by itself while the schedule is disabled. Enable it, or have one tick "
            "planned with `tally sync`.",
        )
        return
    expressions = [each.expression for each in schedules]
    yield tick_finding(
        ticks,
        now=installation.stack.clock.now(),
        every=interval(next(iter(expressions), "")),
    )


def tick_finding(ticks: Ticks | None, *, now: datetime, every: timedelta | None) -> Finding:
    """Return what the newest ticks tell.

    They should come ``every`` so often; None if the schedule does not tell how often.
    """
    log = "Read the planner's log, and `tally failed list`."
    if ticks is None:
        return found(
            "No tick has reached the ledger yet: nothing is billed so far.",
            f"The first comes within {_length(every)} of the deployment; if it does not: {log}"
            if every
            else f"Wait for the schedule's first; if it does not come: {log}",
        )
    newest = f"{ticks.newest.astimezone(UTC):%Y-%m-%d %H:%M} GMT"
    age = now - ticks.newest
    # The next tick makes up for one that failed to come; two in a row are a fault.
    if every is not None and age > 2 * every + _PLANNER_TIME:
        return found(
            (
                f"The newest tick is of {newest}, {_length(age)} ago, though there should be one "
                f"every {_length(every)}: counts are not followed."
            ),
            f"See whether the schedule is enabled. {log}",
        )
    if _is_overdue(ticks, now=now, every=every):
        last = (
            f"; the last that could is of {ticks.finished.astimezone(UTC):%Y-%m-%d %H:%M} GMT"
            if ticks.finished
            else ""
        )
        return found(f"The tick of {newest} could not plan everything{last}.", log)
    return ok(f"The newest tick is of {newest}, {_length(age)} ago.")


def _is_overdue(ticks: Ticks, *, now: datetime, every: timedelta | None) -> bool:
    """Return True if the newest tick, or the one that was due before it, should have finished.

    A look at totals that found moves begins a tick and finishes none, so the newest may be ahead
    of the newest that finished by less than an interval.
    """
    if ticks.finished is None or every is None:
        return ticks.newest != ticks.finished and now - ticks.newest > _PLANNER_TIME
    due = ticks.finished + every
    return ticks.newest >= due and now - due > _PLANNER_TIME


def interval(expression: str) -> timedelta | None:
    """Return how often a schedule fires; None for a form that the template does not have."""
    if rate := _EVERY.fullmatch(expression):
        return timedelta(**{f"{rate[2]}s": int(rate[1])})
    if step := _STEP.fullmatch(expression):
        return timedelta(minutes=int(step[1]))
    return timedelta(hours=1) if _HOURLY.fullmatch(expression) else None


def pulse(installation: Installation) -> Iterator[Finding]:
    """Tell whether totals of partners are believed."""
    state = PulseState.of(installation.stack)
    if state.is_switched_off:
        yield found(
            state.sentence,
            "Read docs/pulse.md, find out what the totals leave out, then `tally pulse on`. To do "
            "without them, deploy again with PulseMinutes 0.",
        )
        return
    yield ok(state.sentence)


def alarms(installation: Installation) -> Iterator[Finding]:
    """Check that the alarms tell the topic, and that none rings."""
    topic = installation.account.topic()
    stands = installation.account.alarms()
    if not stands:
        yield found(
            "The stack has no alarms: nobody hears when Tally stops.",
            "Deploy the present template.",
        )
        return
    # An alarm whose actions are off tells nobody, whatever its topic.
    mute = [each.name for each in stands if topic not in each.tells]
    if mute:
        yield found(
            f"{len(mute)} of {len(stands)} alarms tell nobody: {', '.join(mute)}.",
            "Deploy again, or enable their actions in the AWS console: CloudWatch > Alarms.",
        )
    ringing = [each for each in stands if each.ringing]
    for each in ringing:
        yield found(
            f"The alarm {each.name} rings: {each.why}.",
            "docs/operations.md says what it means and what to do.",
        )
    if not mute and not ringing:
        yield ok(f"All {len(stands)} alarms are wired, and none rings.")


def _length(span: timedelta) -> str:
    """Return a span as a person says it, in its largest unit."""
    seconds = span.total_seconds()
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
