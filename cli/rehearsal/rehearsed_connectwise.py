"""ConnectWise as it would be after writes that are noted and not sent."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tally.domain.model.agreement import Addition, Agreement, NewAddition
from tally.domain.model.company import ConnectWiseCompany
from tally.domain.model.terms import Terms
from tally.errors import NotFoundError
from tally.ports import ConnectWise


class WriteKind(StrEnum):
    """The four calls that change ConnectWise."""

    CREATE = "create"
    SET_QUANTITY = "set quantity"
    TAKE_OVER = "take over"
    SET_TERMS = "set terms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One call that was not made.

    ``addition_id`` is None for an Addition that would be made; ``before`` is its present quantity.
    """

    kind: WriteKind
    agreement_id: int
    addition_id: int | None
    quantity: int
    before: Decimal | None = None
    effective: date | None = None
    cancelled: date | None = None
    text: str = ""
    terms: Terms | None = None


@dataclass(slots=True, kw_only=True)
class RehearsedConnectWise:
    """Implements ``tally.ports.ConnectWise``: reads are real, writes are noted.

    A read sees the writes that were noted before it. As a job does, list an agreement's Additions
    before you write one of them.
    """

    real: ConnectWise
    writes: list[Write] = field(default_factory=list)
    _changed: dict[int, Addition] = field(default_factory=dict)
    _listed: dict[int, Addition] = field(default_factory=dict)

    def agreement_types(self, name: str) -> Mapping[str, int]:
        """As it is."""
        return self.real.agreement_types(name)

    def products(self, identifier: str) -> Mapping[str, int]:
        """As it is."""
        return self.real.products(identifier)

    def companies(self) -> Iterable[ConnectWiseCompany]:
        """As they are."""
        return self.real.companies()

    def company(self, company_id: int) -> ConnectWiseCompany | None:
        """As it is."""
        return self.real.company(company_id)

    def agreements(self, type_id: int) -> Iterable[Agreement]:
        """As they are."""
        return self.real.agreements(type_id)

    def agreement(self, agreement_id: int) -> Agreement:
        """As it is."""
        return self.real.agreement(agreement_id)

    def additions(
        self, agreement_id: int, *, since: date | None = None, products: Collection[int] = ()
    ) -> Sequence[Addition]:
        """As they are, and as they would be after what was noted."""
        # With what was noted: a job reads back what it wrote before it closes a month (CLOSE-2).
        real = {
            each.id: each
            for each in self.real.additions(agreement_id, since=since, products=products)
        }
        changed = {
            each.id: each for each in self._changed.values() if each.agreement_id == agreement_id
        }
        listed = real | changed
        self._listed |= listed
        return list(listed.values())

    def create_addition(self, new: NewAddition) -> Addition:
        """Note a POST. What it would make has an id below zero."""
        made = Addition(
            # ConnectWise has no such id, so it meets no real Addition, and `_of` knows it by that.
            id=-1 - len(self.writes),
            agreement_id=new.agreement_id,
            product_id=new.product_id,
            quantity=Decimal(new.quantity),
            effective=new.effective,
            cancelled=new.cancelled,
            text=new.text,
        )
        self._note(
            made,
            Write(
                kind=WriteKind.CREATE,
                agreement_id=new.agreement_id,
                addition_id=None,
                quantity=new.quantity,
                effective=new.effective,
                cancelled=new.cancelled,
                text=new.text,
            ),
        )
        return made

    def set_quantity(self, *, agreement_id: int, addition_id: int, quantity: int) -> Addition:
        """Note a PATCH of the quantity."""
        # Read first, as the write is told with the quantity that it would take the place of.
        addition = self._addition(agreement_id, addition_id)
        write = _of(addition, kind=WriteKind.SET_QUANTITY, quantity=quantity)
        return self._note(replace(addition, quantity=Decimal(quantity)), write)

    def take_over(
        self, *, agreement_id: int, addition_id: int, text: str, cancelled: date
    ) -> Addition:
        """Note the PATCH of text and cancelled date."""
        addition = self._addition(agreement_id, addition_id)
        write = replace(
            _of(addition, kind=WriteKind.TAKE_OVER, quantity=int(addition.quantity)),
            text=text,
            cancelled=cancelled,
        )
        return self._note(replace(addition, text=text, cancelled=cancelled), write)

    def set_terms(self, *, agreement_id: int, addition_id: int, terms: Terms) -> Addition:
        """Note the PATCH of terms."""
        addition = self._addition(agreement_id, addition_id)
        write = replace(
            _of(addition, kind=WriteKind.SET_TERMS, quantity=int(addition.quantity)), terms=terms
        )
        given = {
            name: getattr(terms, name)
            for name in Terms.__slots__
            if getattr(terms, name) is not None
        }
        return self._note(replace(addition, terms=replace(addition.terms, **given)), write)

    def _note(self, after: Addition, write: Write) -> Addition:
        self._changed[after.id] = self._listed[after.id] = after
        self.writes.append(write)
        return after

    def _addition(self, agreement_id: int, addition_id: int) -> Addition:
        # Not listed once more: the real write reads no list, so an Addition that cannot be read
        # and is in nobody's way would fail the plan alone.
        found = self._listed.get(addition_id)
        if found is None:
            raise NotFoundError(
                f"ConnectWise has no Addition {addition_id} on agreement {agreement_id}."
            )
        return found


def _of(addition: Addition, *, kind: WriteKind, quantity: int) -> Write:
    return Write(
        kind=kind,
        agreement_id=addition.agreement_id,
        addition_id=addition.id if addition.id > 0 else None,
        quantity=quantity,
        before=addition.quantity,
    )
