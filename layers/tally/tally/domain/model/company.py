"""A customer in GravityZone, and how it is tied to a company in ConnectWise (rules MATCH-1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CompanyKind(StrEnum):
    """GravityZone's two kinds of company."""

    PARTNER = "partner"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company as GravityZone lists it. ``trouble`` is why nothing can be done with it, such as an id that is none."""

    id: str
    name: str
    kind: CompanyKind
    parent_id: str
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Companies in the order of their ids: from ``first`` on, up to but without ``end``; None: to the last of them."""

    first: str = ""
    end: str | None = None

    def __contains__(self, company_id: str) -> bool:
        return self.first <= company_id and (self.end is None or company_id < self.end)

    @classmethod
    def alone(cls, company_id: str) -> "Stretch":
        """One company: no id goes on with a character below the digits."""
        return cls(first=company_id, end=f"{company_id}$")


EVERYBODY = Stretch()
"""All companies, whatever their ids."""


def stretches(company_ids: Sequence[str], size: int) -> Iterator[tuple[Stretch, Sequence[str]]]:
    """All companies in stretches with ``size`` each of the sorted ``company_ids``, and those of them that are in it.

    Together they leave out nobody, also not a company whose id is none of those; with no ids it is one stretch.
    """
    for start in range(0, max(len(company_ids), 1), size):
        rest = company_ids[start + size : start + size + 1]
        first = company_ids[start] if start else ""
        yield Stretch(first=first, end=rest[0] if rest else None), company_ids[start : start + size]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectWiseCompany:
    """A company as ConnectWise lists it."""

    id: int
    identifier: str
    name: str
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyLink:
    """What ties a GravityZone company to a ConnectWise company, by ids; names are kept for the reader only.

    ``connectwise_id`` is None after it was untied: then ``tied_by`` is who left it so, and only a person ties it again.
    ``kept_apart`` are Additions of others that a person wants billed beside ours (OPEN-6). ``own_billed_since``: a partner
    whose own machines a person wants billed (READ-4). ``version`` counts its changes from 1, also across ties.
    """

    company_id: str
    company_name: str
    connectwise_id: int | None
    connectwise_name: str
    tied_by: str
    tied_at: datetime
    pinned_agreement_id: int | None = None
    excluded_since: datetime | None = None
    kept_apart: tuple[int, ...] = ()
    own_billed_since: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """One step of a link: what it was, what it becomes, and why. The ledger writes all of it or nothing (SAFE-1).

    ``beside`` are the links of others, as they were seen, that are tied to the ConnectWise company that is taken or freed:
    a person may tie several to one, each with its own agreement.
    """

    before: CompanyLink | None
    after: CompanyLink
    what: str
    why: str
    by: str
    at: datetime
    beside: tuple[CompanyLink, ...] = ()

    @property
    def expected_version(self) -> int:
        """The version that the ledger must still hold; 0 if there must be no link yet."""
        return 0 if self.before is None else self.before.version

    @property
    def freed(self) -> int | None:
        """The ConnectWise company that it is no longer tied to; nobody's from now on, but for ``heir``."""
        before = None if self.before is None else self.before.connectwise_id
        return None if before == self.after.connectwise_id else before

    @property
    def taken(self) -> int | None:
        """The ConnectWise company that it is tied to from now on; nobody's before, but for ``holder``."""
        before = None if self.before is None else self.before.connectwise_id
        return None if before == self.after.connectwise_id else self.after.connectwise_id

    @property
    def holder(self) -> CompanyLink | None:
        """One that is tied to the company taken, and stays so; None if it must be nobody's."""
        return self._tied_beside(self.taken)

    @property
    def heir(self) -> CompanyLink | None:
        """One that stays tied to the company freed; None if it is nobody's from now on."""
        return self._tied_beside(self.freed)

    def _tied_beside(self, connectwise_id: int | None) -> CompanyLink | None:
        return next(
            (each for each in self.beside if connectwise_id == each.connectwise_id is not None),
            None,
        )


def first_tie(link: CompanyLink) -> LinkChange:
    """A company that has never had a link is tied to its namesake (MATCH-1)."""
    return LinkChange(
        before=None,
        after=link,
        what="tied",
        why=f"the only one named {link.connectwise_name!r} on both sides",
        by=link.tied_by,
        at=link.tied_at,
    )
