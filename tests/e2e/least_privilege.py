"""`make least-privilege`: each permission that our functions use is taken away in turn, and the
flow must fail without it.

On the deployed template, with IAM enforced on the calls that functions make. Functions, roles and
permissions are those of
the template: one that is added is tried too, by its events if it has no flow here. Writes
docs/least-privilege.md.
"""

import itertools
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local.checkout import ROOT
from local.deployment import FunctionFailedError
from local.desk import DESK_PARAMETERS, make_desk
from local.errors import LocalError
from local.processes import wait_until
from local.sam_local.events import EVENTS
from local.simulator_clients import ConnectWiseControls
from local.stack import DEMO_PARAMETERS, Stack
from simulators.connectwise.desk.example import JANE
from simulators.scenario import dump_scenario
from tally.domain.model.month import Month
from tally.ledger.evidence.evidence_table import DynamoDBEvidence
from tests.contract.evidence_scene import evidence_of
from tests.contract.permissions import (
    BEHALF_HEAD,
    OURS_HEAD,
    Permission,
    Row,
    behalf_row,
    ours_row,
    permissions,
    table,
    taken_out,
)
from tests.contract.template import Template
from tests.e2e.msp import FIRST, Customer, Msp, empty_msp

DOCUMENT = ROOT / "docs" / "least-privilege.md"
_REFUSED = re.compile(r"not authorized to perform: (\S+)")
PAUSE_SECONDS = 8
"""Longer than a worker waits for, so that the job goes back to the queue."""
MANY = 20_000
"""Machines of which the evidence does not stand in one item."""
MORE_THAN_BELIEVED = 501
"""Machines of a first month that a person is asked about."""
BOOK_DUE = datetime(2025, 4, 2, 5, 30, tzinfo=UTC)
"""After the close of the month of FIRST."""
_SECONDS = 30
_NUMBERS = itertools.count(1)


class FlowFailedError(Exception):
    """A flow did not come to its end; the text says what failed, the same in each run."""


def plan(msp: Msp) -> None:
    """A tick on an empty ledger: a customer is linked by name, and its job is queued and done."""
    customer = _new_customer(msp)
    msp.check_in(customer, 3, FIRST)
    planned = _ticked(msp)
    if (planned["linked"], planned["jobs"]) != (1, 1):
        raise FlowFailedError("no job was queued")
    _finished(msp, "the month was not opened")
    if msp.quantities(customer) != [3]:
        raise FlowFailedError("the month was not opened")


def work(msp: Msp) -> None:
    """A month is opened and raised, and a job that GravityZone puts off comes again when it asks
    for.
    """
    customer = _new_customer(msp)
    msp.check_in(customer, 3, FIRST)
    for more, stands in ((0, [3]), (4, [7])):
        if more:
            msp.check_in(customer, more, FIRST)
        _ticked(msp, minutes=15 * bool(more))
        what = "the Addition was not raised" if more else "the month was not opened"
        _finished(msp, what)
        if msp.quantities(customer) != stands:
            raise FlowFailedError(what)
    msp.check_in(customer, 1, FIRST)
    msp.gravityzone.call(
        "POST",
        "faults",
        {
            "kind": "throttled",
            "seconds": PAUSE_SECONDS,
            "operation": "getMonthlyUsage",
            "contains": customer.id,
            "times": 1,
        },
    )
    _ticked(msp, minutes=30)
    what = f"a job that was to come again in {PAUSE_SECONDS} s did not"
    _finished(msp, what)
    if msp.quantities(customer) != [8] or not msp.logged("worker", "comes again"):
        raise FlowFailedError(what)


def gather(msp: Msp) -> None:
    """Machines are walked and asked about, a large edition is replaced, and a job that fails comes
    again.

    It plays now: what is read after a month proves nothing of it.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    customer, large = _new_customer(msp), _new_customer(msp)
    msp.check_in(customer, 3, now)
    msp.check_in(large, 1, now)
    _ticked_at(msp, now)
    _finished(msp, "the month was not opened")
    store = DynamoDBEvidence(msp.stack.dynamodb, msp.stack.outputs["LedgerTable"])
    before = replace(evidence_of(MANY, company=large.id), month=Month.of(now))
    store.save(before, drop_at=now + timedelta(days=30))
    if _walked(msp, now)["failed"]:
        raise FlowFailedError("a job failed")
    if _proven(store, customer, now) != 3:
        raise FlowFailedError("no machine was proven")
    msp.check_in(customer, 1, now)
    _ticked_at(msp, now)
    _finished(msp, "the Addition was not raised")
    fault = {"kind": "status", "status": 503, "operation": "getManagedEndpointDetails"}
    msp.gravityzone.call("POST", "faults", fault)
    if _walked(msp, now)["failed"] != 1 or _refusals(msp, "evidence"):
        raise FlowFailedError("a look that failed did not come again")


def ask(msp: Msp) -> None:
    """A month is held, and asked about in a ticket; the answer is found there, written as a
    person's, and the ticket closed.

    It plays now, as the function's clock is the world's.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    customer = _new_customer(msp)
    msp.check_in(customer, MORE_THAN_BELIEVED, now)
    _ticked_at(msp, now)
    _finished(msp, "the month was not opened")
    asked = _asked(msp, "the question was not asked")
    if asked["made"] != 1:
        raise FlowFailedError("the question was not asked")
    ticket = msp.connectwise.tickets()[-1]
    text = "\n".join(ticket.notes)
    (code,) = set(re.findall(r"^TALLY (\w{4}) ", text, flags=re.MULTILINE))
    msp.set_clocks(now + timedelta(minutes=1))
    answer = f"TALLY {code} approve {MORE_THAN_BELIEVED}\nThey took over a practice."
    msp.connectwise.act("add_note", ticket_id=ticket.id, text=answer, by=JANE)
    _asked(msp, "the answer was not taken")
    (answered,) = [each for each in msp.connectwise.tickets() if each.id == ticket.id]
    if not answered.closed:
        raise FlowFailedError("the answer was not taken")


def _asked(msp: Msp, otherwise: str) -> Mapping[str, Any]:
    try:
        asked: Mapping[str, Any] = msp.stack.invoke("tickets", {"at": "now"})
    except FunctionFailedError as error:
        raise FlowFailedError(otherwise) from error
    return asked


def _ticked_at(msp: Msp, now: datetime) -> None:
    try:
        msp.tick(now, drain=False)
    except FunctionFailedError as error:
        raise FlowFailedError("the tick failed") from error


def _walked(msp: Msp, now: datetime) -> Mapping[str, Any]:
    try:
        walked: Mapping[str, Any] = msp.stack.invoke(
            "evidence", {"walk": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
        )
    except FunctionFailedError as error:
        raise FlowFailedError("the walk failed") from error
    if walked["troubles"]:
        raise FlowFailedError("the walk left customers out")
    return walked


def _proven(store: DynamoDBEvidence, customer: Customer, now: datetime) -> int:
    found = store.read(customer.id, Month.of(now))
    return 0 if found is None else found.proven


def publish(msp: Msp) -> None:
    """A month is opened and past its close: its book is published, and found again after the ledger
    has forgotten it.
    """
    plan(msp)
    for what in ("the book was not published", "the book was not found again"):
        try:
            published = msp.stack.invoke("book", {"at": BOOK_DUE.isoformat()})
        except FunctionFailedError as error:
            raise FlowFailedError(what) from error
        if published["written"] != ["2025-03/1"]:
            raise FlowFailedError(what)
        msp.stack.dynamodb.delete_item(
            TableName=msp.stack.outputs["LedgerTable"],
            Key={"pk": {"S": "BOOK#2025-03"}, "sk": {"S": "BOOK"}},
        )


FLOWS: Mapping[str, Callable[[Msp], None]] = {
    "PlannerFunction": plan,
    "WorkerFunction": work,
    "EvidenceFunction": gather,
    "BookFunction": publish,
    "TicketsFunction": ask,
}


def invoked(name: str) -> Callable[[Msp], None]:
    """The flow of a function that has none of its own: after a month was opened, each of its events
    does what it must.
    """
    short = name.removesuffix("Function").lower()
    events = [event for event in EVENTS if event.function == short and not event.outcome.error]
    if not events:
        raise LocalError(
            f"{name} has neither a flow in tests/e2e/least_privilege.py nor an event in events/"
        )

    def flow(msp: Msp) -> None:
        plan(msp)
        for event in events:
            try:
                msp.stack.invoke(event.function, event.payload)
            except FunctionFailedError as error:
                raise FlowFailedError(f"`{event.name}` failed") from error
            if _refusals(msp, short):
                raise FlowFailedError(f"`{event.name}` did not do all")

    return flow


def _new_customer(msp: Msp) -> Customer:
    """One of a name of its own: ConnectWise keeps those of the flows before."""
    return msp.add_customer(f"Customer {next(_NUMBERS)}")


def _ticked(msp: Msp, *, minutes: int = 0) -> Mapping[str, Any]:
    try:
        return msp.tick(FIRST + timedelta(minutes=minutes), drain=False)
    except FunctionFailedError as error:
        raise FlowFailedError("the tick failed") from error


def _finished(msp: Msp, otherwise: str) -> None:
    """Wait until the workers are done, or one was refused what it asked for."""
    wait_until(
        lambda: msp.stack.queue_depth().total == 0 or bool(_refusals(msp, "worker")),
        seconds=_SECONDS,
        what="the workers are done",
    )
    if msp.logged("worker", "not reported"):
        raise FlowFailedError("the end of a job was not reported")
    if _refusals(msp, "worker"):
        raise FlowFailedError(otherwise)


def _refusals(msp: Msp, function: str) -> list[str]:
    """The actions that IAM has refused to a function since the flow began."""
    return sorted({action for line in msp.lines(function) for action in _REFUSED.findall(line)})  # type: ignore[arg-type]


@contextmanager
def without(stack: Stack, permission: Permission) -> Iterator[None]:
    """Take one action on one resource from a function's role."""
    name = stack.outputs[permission.function]
    role = stack.functions.get_function_configuration(FunctionName=name)["Role"].rpartition("/")[2]
    (policy,) = stack.iam.list_role_policies(RoleName=role)["PolicyNames"]
    whole: Any = stack.iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    stack.iam.put_role_policy(
        RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(taken_out(whole, permission))
    )
    try:
        yield
    finally:
        stack.iam.put_role_policy(
            RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(whole)
        )


def played(stack: Stack, function: str) -> str:
    """Play the function's flow on a stack as good as new; what failed, empty if nothing did."""
    msp = Msp(stack=stack)
    short = function.removesuffix("Function").lower()
    for each in ("planner", "worker", short):
        msp.start_anew(each)  # type: ignore[arg-type]  # a running container may hold keys that it is to read
    try:
        (FLOWS.get(function) or invoked(function))(msp)
    except FlowFailedError as error:
        refused = " and ".join(f"`{action}`" for action in _refusals(msp, short))
        if not refused:
            raise LocalError(
                f"{function}: {error}, but not for a permission: see {stack.directory}"
            ) from error
        return f"{error}: {refused} was refused"
    return ""


def tried(stack: Stack, ours: list[Permission]) -> dict[Permission, str]:
    """What failed without each permission, empty for one that nobody missed."""
    for function in dict.fromkeys(each.function for each in ours):
        if failed := played(stack, function):
            raise LocalError(f"{function} fails with all its permissions: {failed}")
        print(f"  {function}: does all with its permissions", flush=True)
    found: dict[Permission, str] = {}
    for each in ours:
        with without(stack, each):
            found[each] = played(stack, each.function)
        print(
            (
                f"  {each.function} without {each.action} on {each.on}: "
                f"{found[each] or 'NOTHING FAILED'}"
            ),
            flush=True,
        )
    return found


def document(ours: list[Row], behalf: list[Row]) -> str:
    """The text of docs/least-privilege.md."""
    return f"""# Least privilege

What each role of the template may do, and how it is known that nothing is granted in vain. Written
by `make least-privilege`; a test compares both tables with the template.

## What our functions use

Each of these was taken out of its role on a local stack that enforces IAM on the calls that
functions make, and the function's flow was played: a tick on an empty ledger; a month that is
opened, raised, and put off in the queue; a book that is published; machines that are walked and
asked about; a hold that is asked about in a ticket and answered there. With all of them everything
is done; without any one of them, this happens.

{table(OURS_HEAD, ours)}

`sqs:SendMessage*` stands for `sqs:SendMessage`, which covers batches on AWS; the local stack asks
for `sqs:SendMessageBatch` by name, an action that AWS does not have. A transaction on the ledger
needs `dynamodb:PutItem` for each item that it puts; there is no action for the transaction.

## What AWS uses on our behalf

These are no calls of our functions, and no local stack checks them. A test of the template holds
each to the one resource that it is for.

{table(BEHALF_HEAD, behalf)}
"""


def main() -> int:
    """Try each permission, print both tables and write the document; 1 if a permission is granted
    in vain.
    """
    began = time.monotonic()
    everything = permissions(Template(ROOT / "template.yaml"))
    ours = [each for each in everything if each.behalf is None]
    behalf = [behalf_row(each) for each in everything if each.behalf]
    try:
        with TemporaryDirectory() as folder:
            scenario = Path(folder) / "empty.json"
            scenario.write_bytes(dump_scenario(empty_msp()))
            options = ("--scenario", str(scenario))
            with Stack(
                "least-privilege",
                parameters={
                    **DEMO_PARAMETERS,
                    "AttachStatements": "true",
                    **DESK_PARAMETERS,
                },
                simulators={"gravityzone": options, "connectwise": options},
                say=lambda step: print(f"  {step}", flush=True),
            ) as stack:
                make_desk(ConnectWiseControls(stack.simulator_urls["connectwise"]).act)
                found = tried(stack, ours)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing is left running", file=sys.stderr)
        return 130
    rows = [ours_row(each, what) for each, what in found.items()]
    for head, lines in ((OURS_HEAD, rows), (BEHALF_HEAD, behalf)):
        print(f"\n{table(head, lines)}")
    in_vain = [each for each, what in found.items() if not what]
    for each in in_vain:
        print(
            f"\n{each.role} is granted {each.action} on {each.on} in vain: nothing fails without "
            "it."
        )
    if not in_vain:
        DOCUMENT.write_text(document(rows, behalf))
    print(
        f"\n{len(ours)} permissions tried in {time.monotonic() - began:.0f} s, {len(in_vain)} "
        "granted in vain."
    )
    return bool(in_vain)


if __name__ == "__main__":
    sys.exit(main())
