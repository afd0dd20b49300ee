"""Rows with a field that cannot be read; by its id, a row still concerns one alone (SAFE-5)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from tally.connectwise.fields import day_if_any
from tally.connectwise.models import AdditionRow, AgreementRow
from tally.domain.model.agreement import NOBODY, Agreement
from tally.transport.rows import name, problems, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class OddAgreement:
    """An agreement with a field that cannot be read; ``type_id`` is None if that is the field."""

    id: int
    company_id: int
    type_id: int | None
    name: str
    why: str

    def agreement(self) -> Agreement:
        """Return the domain's view of it."""
        return Agreement(
            id=self.id,
            name=self.name,
            type_id=NOBODY if self.type_id is None else self.type_id,
            company_id=self.company_id,
            unreadable=(
                f"ConnectWise's agreement {self.name!r} (id {self.id}) cannot be read: {self.why}."
            ),
        )


def read_agreement(row: Any) -> AgreementRow | OddAgreement:  # noqa: ANN401 - as listed
    """Read an agreement from a list's row. Raises ValidationError for one that names nobody."""
    try:
        return AgreementRow.model_validate(row)
    except ValidationError as error:
        row_id, company_id = whole(row, "id"), whole(row, "company", "id")
        if row_id is None or company_id is None:
            raise
        called, type_id = name(row.get("name")), whole(row, "type", "id")
        return OddAgreement(
            id=row_id, company_id=company_id, type_id=type_id, name=called, why=problems(error)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OddAddition:
    """An Addition with a field that cannot be read; the other fields are None if they cannot."""

    id: int
    agreement_id: int | None
    product_id: int | None
    ended: date | None
    why: str

    def concerns(self, since: date | None, products: Collection[int]) -> bool:
        """Return True unless it ended before ``since``, or bills none of ``products``."""
        if since is not None and self.ended is not None and self.ended < since:
            return False
        return not products or self.product_id is None or self.product_id in products


def read_addition(row: Any) -> AdditionRow | OddAddition:  # noqa: ANN401 - whatever the list holds
    """Read an Addition from a list's row. Raises ValidationError for one that has no id."""
    try:
        return AdditionRow.model_validate(row)
    except ValidationError as error:
        row_id = whole(row, "id")
        if row_id is None:
            raise
        return OddAddition(
            id=row_id,
            agreement_id=whole(row, "agreementId"),
            product_id=whole(row, "product", "id"),
            ended=day_if_any(row.get("cancelledDate")),
            why=f"Addition {row_id} cannot be read: {problems(error)}",
        )
