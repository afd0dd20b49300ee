"""The adapter for DynamoDB of the pulse's memory and of a sweep's account."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from tally.aws.refusals import aws_errors
from tally.domain.pulse.account import Account, Answer, checksum
from tally.domain.pulse.state import Proof, Pulse
from tally.errors import ConflictError
from tally.ledger.form import instant_text
from tally.ledger.keys import Key, key, read_item, table_name
from tally.ledger.pulse import pulse_codec as codec

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTEMPTS = 5
_UNREADABLE = "the ledger's memory of the pulse cannot be read ({error})"
_PULSE: Key = key("PULSE", "PULSE")
_ACCOUNT: Key = key("PULSE", "ACCOUNT")


class DynamoDBPulse:
    """The pulse's two items in the ledger's table. All methods raise as ``DynamoDBLedger``'s."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._name = table_name(table)

    def read(self) -> Pulse:
        """Return the memory.

        An item that cannot be read is an empty memory that says so: every company is then read.
        """
        item = read_item(self._client, self._table, _PULSE)
        if item is None:
            return Pulse()
        try:
            version = int(item[codec.VERSION]["N"])
        except (KeyError, ValueError):
            version = 0
        try:
            return replace(codec.unpacked(item[codec.STATE]["B"]), version=version)
        except Exception as error:  # noqa: BLE001 - whatever stands there
            why = _UNREADABLE.format(error=f"{type(error).__name__}: {str(error)[:200]}")
            return Pulse(version=version, proof=Proof(why=why))

    def change(self, change: Callable[[Pulse], Pulse]) -> Pulse:
        """Write what ``change`` makes of the memory; it is called again if others were first.

        Raises ConflictError if others were first each time.
        """
        for _ in range(_ATTEMPTS):
            known = self.read()
            changed = change(known)
            if changed == known:
                return known
            try:
                return self._write(replace(changed, version=known.version + 1))
            except ConflictError:
                continue
        raise ConflictError(f"{self._name} did not take the memory of the pulse")

    def _write(self, pulse: Pulse) -> Pulse:
        before = codec.number(pulse.version - 1)
        with aws_errors(self._name):
            self._client.put_item(
                TableName=self._table,
                Item={
                    **_PULSE,
                    codec.VERSION: codec.number(pulse.version),
                    codec.STATE: {"B": codec.packed(pulse)},
                },
                # An item whose version cannot be read is written anew, as none.
                ConditionExpression="NOT attribute_type(version, :number) OR version = :before",
                ExpressionAttributeValues={":before": before, ":number": {"S": "N"}},
            )
        return pulse

    def account(self) -> Account | None:
        """Return the newest sweep's account; None if there is none that can be read."""
        item = read_item(self._client, self._table, _ACCOUNT)
        try:
            return None if item is None else codec.account_from(item)
        except (KeyError, TypeError, ValueError):
            return None

    def open_account(self, tick: datetime) -> None:
        """Begin the account of a sweep, in place of the one before. Before its jobs are sent."""
        with aws_errors(self._name):
            self._client.put_item(
                TableName=self._table,
                Item={
                    **_ACCOUNT,
                    codec.TICK: {"S": instant_text(tick)},
                    **dict.fromkeys((codec.ANSWERED, codec.CHECK, codec.FAILED), codec.number(0)),
                },
            )

    def add_to_account(self, tick: datetime, answers: Sequence[Answer], *, at: datetime) -> bool:
        """Add the ends of jobs of that tick; return False if another sweep has begun since."""
        numbers = _numbers(answers)
        names = {f"#n{index}": name for index, name in enumerate(numbers)}
        values = {f":v{index}": codec.number(each) for index, each in enumerate(numbers.values())}
        added = ", ".join(f"#n{index} :v{index}" for index in range(len(numbers)))
        try:
            # It is not repeated by us. boto may repeat it after a lost answer: then the checksum
            # does not match, and the sweep counts as incomplete.
            with aws_errors(self._name):
                self._client.update_item(
                    TableName=self._table,
                    Key=_ACCOUNT,
                    UpdateExpression=f"SET #changed = :changed ADD {added}",
                    ConditionExpression="#tick = :tick",
                    ExpressionAttributeNames={
                        **names,
                        "#tick": codec.TICK,
                        "#changed": codec.CHANGED,
                    },
                    ExpressionAttributeValues={
                        **values,
                        ":tick": {"S": instant_text(tick)},
                        ":changed": {"S": instant_text(at)},
                    },
                )
        except ConflictError:
            return False
        return True


def _numbers(answers: Sequence[Answer]) -> Mapping[str, int]:
    """Return what answers add to an account, by the names of its attributes."""
    sums = Counter[str]()
    for each in answers:
        for service, count in each.counts.items():
            sums[codec.sum_name(each.branch, service)] += count
        for service, rise in each.rises.items():
            sums[codec.rise_name(service)] += rise
    return {
        codec.ANSWERED: len(answers),
        codec.CHECK: checksum(name for each in answers for name in each.asked),
        codec.FAILED: checksum(name for each in answers for name in each.missing),
        **sums,
    }
