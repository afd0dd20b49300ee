"""MiniStack's own main, on a port that is held for it, mended in two places.

It differs there from EventBridge Scheduler on AWS. Run it by path with the Python of
`.tools/ministack` (`python -P local/ministack_main.py`): it can import nothing of the project,
since the functions run with that same Python. Settings are MiniStack's environment variables.
"""

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


def scheduled_time(expression: str, *, fired_at: float) -> str:
    """Return a firing's due time as EventBridge Scheduler writes it: UTC, to the second, with `Z`.

    `fired_at` is epoch seconds. A one-time schedule is due at the time it names. For the others
    MiniStack does not keep the due time, but its sweep is about as punctual as AWS promises to be
    (a minute).
    """
    once = re.fullmatch(r"\s*at\((.+)\)\s*", expression)
    due = (
        datetime.fromisoformat(once[1]).replace(tzinfo=UTC)
        if once
        else datetime.fromtimestamp(fired_at, tz=UTC)
    )
    return due.strftime("%Y-%m-%dT%H:%M:%SZ")


def fill_in_scheduled_time(invoke_target: Callable[..., None]) -> Callable[..., None]:
    """Wrap MiniStack's delivery to a target.

    AWS replaces the placeholder in a schedule's input, MiniStack does not.
    """

    def invoke(
        target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], *rest: object
    ) -> None:
        if event.get("Source") == "aws.scheduler" and SCHEDULED_TIME in target.get("Input", ""):
            due = scheduled_time(rule["ScheduleExpression"], fired_at=event["Time"])
            target = {**target, "Input": target["Input"].replace(SCHEDULED_TIME, due)}
        invoke_target(target, event, rule, *rest)

    return invoke


def forget_firings_of_changed(
    sweep: Callable[[], None],
    schedules: dict[tuple[str, str, str], dict[str, Any]],
    last_fired: dict[tuple[str, str, str], float],
) -> Callable[[], None]:
    """Wrap MiniStack's sweep: a one-time schedule with a new time fires at it, as on AWS."""
    seen: dict[tuple[str, str, str], str] = {}

    def mended_sweep() -> None:
        for key, schedule in list(schedules.items()):
            if (
                seen.setdefault(key, schedule["ScheduleExpression"])
                != schedule["ScheduleExpression"]
            ):
                last_fired.pop(key, None)
                seen[key] = schedule["ScheduleExpression"]
        sweep()

    return mended_sweep


def listen_on(descriptor: int) -> None:
    """Have the server listen on a socket that is bound already.

    Otherwise it would bind one to the port's number.
    """
    config: Any = import_module("hypercorn.config").Config
    config.bind = property(lambda _: [f"fd://{descriptor}"], lambda _, __: None)


def main() -> None:
    """Mend, then serve until SIGTERM. The variable `LISTENER` has the number of the socket."""
    listen_on(int(os.environ.pop("LISTENER")))
    events: Any = import_module("ministack.services.eventbridge")
    scheduler: Any = import_module("ministack.services.scheduler")
    events._invoke_target = fill_in_scheduled_time(events._invoke_target)  # noqa: SLF001
    scheduler._tick_schedules = forget_firings_of_changed(  # noqa: SLF001
        scheduler._tick_schedules,  # noqa: SLF001
        scheduler._schedules._data,  # noqa: SLF001
        scheduler._schedule_last_fired,  # noqa: SLF001
    )
    scheduler._SCHEDULE_TICK_INTERVAL = 1  # noqa: SLF001  # seconds between sweeps, in place of 10
    import_module("ministack.app").main()


if __name__ == "__main__":
    main()
