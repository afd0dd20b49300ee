"""docs/recovery.md on the deployed template: the restored table, named by its parameter, is gone on
with by the same functions.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tally.domain.model.standing import StandingState
from tally.domain.record.usage_record import RecordState
from tests.e2e.msp import FIRST, Msp

pytestmark = pytest.mark.e2e

RESTORED = "tally-restored"


@pytest.fixture
def own_table_again(msp: Msp) -> Iterator[None]:
    """Leave the stack with its own table, as other tests expect it."""
    yield
    _use(msp, "")
    msp.stack.dynamodb.delete_table(TableName=RESTORED)


def _use(msp: Msp, table: str) -> None:
    msp.stack.update(TableName=table)
    msp.stack.__dict__.pop("outputs", None)


@pytest.mark.usefixtures("own_table_again")
def test_restored_to_before_the_month_opened(msp: Msp) -> None:
    """SAFE-8: roles and functions follow TableName; April's Addition, which the restored ledger
    never saw, is found and followed.
    """
    harbor = msp.add_customer("Harbor Dental")
    msp.check_in(harbor, 3, FIRST)
    msp.tick(FIRST)
    lost = msp.stack.outputs["LedgerTable"]
    # MiniStack restores what is there now, so the restore happens at the instant that it restores
    # to.
    msp.stack.dynamodb.restore_table_to_point_in_time(
        SourceTableName=lost, TargetTableName=RESTORED, UseLatestRestorableTime=True
    )
    for tick in (datetime(2025, 4, 1, 0, 5, tzinfo=UTC), datetime(2025, 4, 2, 0, 5, tzinfo=UTC)):
        msp.tick(tick)
    msp.check_in(harbor, 2, datetime(2025, 4, 3, tzinfo=UTC))
    msp.tick(datetime(2025, 4, 3, 9, 5, tzinfo=UTC))
    assert msp.quantities(harbor) == [3, 2]

    _use(msp, RESTORED)
    assert msp.stack.outputs["LedgerTable"] == RESTORED
    msp.check_in(harbor, 1, datetime(2025, 4, 3, 9, 10, tzinfo=UTC))
    msp.tick(datetime(2025, 4, 3, 9, 20, tzinfo=UTC))
    msp.tick(datetime(2025, 4, 3, 9, 35, tzinfo=UTC))
    assert msp.quantities(harbor) == [3, 3]
    records = msp.records(harbor)
    assert (records["2025-03"].state, records["2025-03"].count) == (RecordState.CLOSED, 3)
    assert records["2025-04"].hold is None
    assert msp.standing(harbor).state is StandingState.BILLING
