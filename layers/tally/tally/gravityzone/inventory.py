"""The inventory of machines, and GravityZone's word on when it last heard of one (PROOF-1)."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Unpack

from pydantic import BaseModel, SecretStr, ValidationError

from tally.domain.evidence.inventory_port import LastSeen, Listed
from tally.domain.model.month import Month
from tally.gravityzone.inventory_models import (
    MACHINES,
    NO_MACHINES,
    Group,
    Item,
    ItemsPage,
    MachineDetails,
    MachineItem,
)
from tally.gravityzone.json_rpc import Calling, Reply, connect
from tally.gravityzone.models import ROWS
from tally.gravityzone.pace import TokenBucket
from tally.transport.rows import name, problems

MOST_PER_PAGE = 1_000
"""The most rows that GravityZone puts on a page (documented)."""
MOST_PAGES = 300
"""Pages that are read of one walk; a tenant with more rows is not known."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""The most by which GravityZone's clock may be ahead of ours: a machine that is online is seen at
the very moment of the call, and would never be proven."""
DELETED = "Deleted"
"""The name of the group of each company that holds what was deleted there (documented)."""
# `lastSeen` was seen as "2016-01-21T10:31:03". A date alone is no instant.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


class InventoryClient:
    """Reads the inventory. Implements ``tally.domain.evidence.inventory_port.Inventory``.

    ``calls_per_second`` is its share of the 10 calls a second that GravityZone allows for all but
    licensing: the rest is left to others that use the key. ``now`` gives the present instant.
    ``on_odd_row`` is told of rows that cannot be read, without what stands in them. The other
    arguments are those of ``connect``.
    """

    def __init__(
        self,
        *,
        url: str,
        api_key: SecretStr,
        calls_per_second: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        on_odd_row: Callable[[str], None] = lambda _: None,
        **calling: Unpack[Calling],
    ) -> None:
        pace = TokenBucket(rate=calls_per_second, depth=1, monotonic=monotonic, sleep=sleep)
        self._rpc = connect(
            url=url,
            api_key=api_key,
            pace_of=lambda _: pace,
            sleep=sleep,
            monotonic=monotonic,
            **calling,
        )
        self._now = now
        self._on_odd_row = on_odd_row

    def machines(self, below: str = "") -> Iterator[Listed]:
        """Yield each machine below a company or a group; of the root if left out.

        A row that names no machine or no company is told and left out (SAFE-5). So is the second
        row of one machine: it counts for the company that came first. A list that cannot be read
        to its end raises a TallyError after what it has yielded.
        """
        found: set[str] = set()
        for call, rows in self._pages(below):
            for number, row in enumerate(rows, 1):
                machine = self._listed(row, f"{call}, row {number}")
                if machine is None:
                    continue
                if machine.id in found:
                    self._on_odd_row(f"{call}, row {number}: machine {machine.id} again")
                    continue
                found.add(machine.id)
                yield machine

    def deleted_group(self, company_id: str) -> str | None:
        """Return the id of the company's group "Deleted"; None if it has none, or several."""
        reply = self._rpc.call(
            "network",
            "getCustomGroupsList",
            {"parentId": company_id},
            of=f"company {company_id}",
            of_many=True,
        )
        call = reply.answer.call.name
        listed = enumerate(self._rpc.result(reply, ROWS.validate_python), 1)
        rows = [self._read(Group, row, f"{call}, row {number}") for number, row in listed]
        found = {row.id for row in rows if row is not None and row.name == DELETED}
        if len(found) > 1:
            self._on_odd_row(f'{call}: {len(found)} groups are named "{DELETED}"')
        return found.pop() if len(found) == 1 else None

    def last_seen(self, machine_id: str) -> LastSeen | None:
        """Return when GravityZone last heard of a machine; None if the machine is gone.

        Only the documented answer about a gone machine counts as one; all else raises.
        """
        reply = self._rpc.call(
            "network",
            "getManagedEndpointDetails",
            {"endpointId": machine_id},
            of=f"machine {machine_id}",
        )
        if self._rpc.says_no_machine(reply, machine_id):
            return None
        details = self._rpc.result(reply, MachineDetails.model_validate)
        if details.id is not None and details.id.lower() != machine_id.lower():
            raise self._rpc.unreadable(reply, "it answered for another machine")
        return LastSeen(
            company_id=details.company_id, at=_past_instant(details.last_seen, self._now())
        )

    def _pages(self, below: str) -> Iterator[tuple[str, list[Any]]]:
        """Yield the call and the rows of each page, to the last one.

        Raises ContractError for pages that do not end, repeat, or are fewer than page 1 said: rows
        would be missing that nobody misses.
        """
        ids: set[str] = set()
        count, total = 0, None
        for number in range(1, MOST_PAGES + 1):
            reply, page = self._page(below, number)
            fresh = {_id_of(row) for row in page.items} - ids
            if not fresh and (page.has_more or page.items):
                raise self._rpc.unreadable(reply, f"page {number} has nothing new")
            ids |= fresh
            count += len(page.items)
            total = page.total if number == 1 else total
            yield reply.answer.call.name, page.items
            if not page.has_more:
                if type(total) is int and count < total:
                    raise self._rpc.unreadable(reply, f"{count} rows came of {total}")
                return
        raise self._rpc.unreadable(reply, f"it has more than {MOST_PAGES} pages")

    def _page(self, below: str, number: int) -> tuple[Reply, ItemsPage]:
        # The types are asked for one by one, since without a filter the list holds others too. All
        # items below, at any depth, come only by the filter `depth` (documented).
        params = {
            "perPage": MOST_PER_PAGE,
            "page": number,
            "filters": {
                "depth": {"allItemsRecursively": True},
                "type": {"computers": True, "virtualMachines": True, "ec2Instances": True},
            },
        }
        reply = self._rpc.call(
            "network",
            "getNetworkInventoryItems",
            {"parentId": below, **params} if below else params,
            of=f"{below or 'the root'}, page {number}",
            # Rows have a `companyId` from this version on (documented).
            version="v1.1",
            of_many=True,
            names_one=True,
        )
        page = self._rpc.result(reply, ItemsPage.model_validate)
        if page.page != number:
            raise self._rpc.unreadable(reply, f"it answered page {page.page}")
        return reply, page

    def _listed(self, row: object, where: str) -> Listed | None:
        item = self._read(Item, row, where)
        if item is None or item.type in NO_MACHINES:
            return None
        if item.type not in MACHINES:
            self._on_odd_row(f"{where}: a row of type {item.type}, which is unknown")
            return None
        machine = self._read(MachineItem, row, where)
        if machine is None:
            return None
        return Listed(
            id=machine.id,
            company_id=machine.company_id,
            name=machine.name,
            fqdn=name(machine.detail("fqdn")),
            managed=machine.detail("isManaged") is not False,
        )

    def _read[T: BaseModel](self, model: type[T], row: object, where: str) -> T | None:
        try:
            return model.model_validate(row)
        except ValidationError as error:
            # The row is not quoted: it may hold addresses and users.
            self._on_odd_row(f"{where}: a row that cannot be placed: {problems(error)}")
            return None


def _id_of(row: object) -> str:
    return str(row.get("id")) if isinstance(row, dict) else ""


def _past_instant(value: object, now: datetime) -> datetime | None:
    """Read an instant; None if it is none, or still to come. Without a zone it is in UTC.

    One within ``CLOCKS_DIFFER`` of ``now`` is ``now``, unless the month is over by it.
    """
    if not isinstance(value, str) or _INSTANT.fullmatch(value) is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
        # No edition documents the zone. As far as live tenants show, it is UTC.
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if instant <= now:
        return instant
    is_now = instant - now <= CLOCKS_DIFFER and Month.of(instant) == Month.of(now)
    return now if is_now else None
