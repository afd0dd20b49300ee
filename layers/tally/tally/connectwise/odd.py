"""Rows of ConnectWise's lists of which a field cannot be read: each names whom it concerns, as long as it has its id (SAFE-5)."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from pydantic import ValidationError

from tally.connectwise.models import AdditionRow, AgreementRow, day_if_any
from tally.domain.model.agreement import NOBODY, Agreement
from tally.transport.rows import name, problems, whole


class OddAgreement(NamedTuple):
    """An agreement of which a field cannot be read; its type None if that is it."""

    id: int
    company_id: int
    type_id: int | None
    name: str
    why: str

    def agreement(self) -> Agreement:
        """The domain's view of it."""
        return Agreement(
            id=self.id,
            name=self.name,
            type_id=NOBODY if self.type_id is None else self.type_id,
            company_id=self.company_id,
            unreadable=(
                f"ConnectWise's agreement {self.name!r} (id {self.id}) cannot be read: {self.why}."
            ),
        )


def read_agreement(row: Any) -> AgreementRow | OddAgreement:  # noqa: ANN401 - whatever the list holds
    """The agreement of a row of a list. Raises ValidationError for one that names nobody."""
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


class OddAddition(NamedTuple):
    """An Addition of which a field cannot be read; of its product and end what can."""

    id: int
    agreement_id: int | None
    product_id: int | None
    ended: date | None
    why: str

    def concerns(self, since: date | None, products: Collection[int]) -> bool:
        """Whether it may be of interest to whoever looks for what bills ``products`` on ``since`` or later."""
        if since is not None and self.ended is not None and self.ended < since:
            return False
        return not products or self.product_id is None or self.product_id in products


def read_addition(row: Any) -> AdditionRow | OddAddition:  # noqa: ANN401 - whatever the list holds
    """The Addition of a row of a list. Raises ValidationError for one that has no id."""
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
