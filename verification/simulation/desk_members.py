"""Members of the MSP, some of whom are deactivated for a while, or lose their licence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulators.connectwise.desk import Desk, DeskPeople
from verification.simulation.desk_setting import DeskSetting

_FOR = (2, 30, 200)
"""Hours."""
_LOSES: tuple[Mapping[str, Any], ...] = (
    {"inactiveFlag": True},
    {"licenseClass": "A"},
    {"licenseClass": "C"},
)


@dataclass(slots=True, kw_only=True)
class _Away:
    member: str
    since: datetime
    until: datetime
    fields: Mapping[str, Any]
    """The member as before."""
    over: bool = False


class Members:
    """Whose answers count, at present and earlier."""

    def __init__(self, desk: Desk, people: DeskPeople, setting: DeskSetting) -> None:
        self._desk, self._people, self._setting = desk, people, setting
        self._away: list[_Away] = []

    def lose(self, member: str, now: datetime, draw: Random) -> str:
        """Have a member count no more for some hours; return what is told, "" if he is away."""
        if any(each.member == member and not each.over for each in self._away):
            return ""
        before, hours = dict(self._fields(member)), draw.choice(_FOR)
        lost, until = draw.choice(_LOSES), now + timedelta(hours=hours)
        self._away.append(_Away(member=member, since=now, until=until, fields=before))
        self._people.edit_desk("members", before["id"], dict(lost))
        return f"{member} is {dict(lost)} for {hours} hours"

    def come_back(self, now: datetime) -> None:
        """Let those count again whose time is over."""
        for each in self._away:
            if not each.over and now >= each.until:
                self._people.edit_desk("members", each.fields["id"], dict(each.fields))
                each.over, each.until = True, now

    def counts(self, member: str, *, since: datetime) -> bool:
        """Return True if a member's answers counted at some time since then."""
        away = [each for each in self._away if each.member == member and not each.over]
        if away and away[0].since >= since:
            return self._allows(away[0].fields)
        rows = (each.fields for each in self._desk.members.current())
        found = next((each for each in rows if each["identifier"] == member), None)
        return found is not None and self._allows(found)

    def was_away(self, member: str, *, since: datetime) -> bool:
        """Return True if a member did not count for some of the time since then."""
        return any(
            each.member == member and (not each.over or each.until >= since) for each in self._away
        )

    def _fields(self, member: str) -> Mapping[str, Any]:
        rows = (each.fields for each in self._desk.members.current())
        return next(each for each in rows if each["identifier"] == member)

    def _allows(self, found: Mapping[str, Any]) -> bool:
        return allows(found, self._setting)


def allows(found: Mapping[str, Any], setting: DeskSetting) -> bool:
    """Return True if a member is active, licensed, and on the list if there is one."""
    classes = {"F", "X"} if setting.subcontractors else {"F"}
    listed = {each.casefold() for each in setting.listed}
    is_listed = not listed or found["identifier"].casefold() in listed
    return not found["inactiveFlag"] and found["licenseClass"] in classes and is_listed
