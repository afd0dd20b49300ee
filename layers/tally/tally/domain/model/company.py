"""A GravityZone company, and its link to a ConnectWise company (MATCH-1)."""

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
    """A company as GravityZone lists it.

    ``trouble`` says why nothing can be done with it, for example an id that is not valid.
    """

    id: str
    name: str
    kind: CompanyKind
    parent_id: str
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A range of companies in the order of their ids.

    It begins with ``first`` and stops before ``end``. If ``end`` is None, it includes the last
    company.
    """

    first: str = ""
    end: str | None = None

    def __contains__(self, company_id: str) -> bool:
        return self.first <= company_id and (self.end is None or company_id < self.end)

    @classmethod
    def alone(cls, company_id: str) -> "Stretch":
        """Return the stretch of one company: no id goes on with a character below the digits."""
        return cls(first=company_id, end=f"{company_id}$")


EVERYBODY = Stretch()
"""All companies, whatever their ids."""


def stretches(company_ids: Sequence[str], size: int) -> Iterator[tuple[Stretch, Sequence[str]]]:
    """Give stretches with ``size`` of the sorted ``company_ids`` each, and the ids in each stretch.

    Together they cover every company, also one whose id is not in ``company_ids``. Without ids
    there is one stretch.
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
    """The link between a GravityZone company and a ConnectWise company, by ids.

    The names are for the reader only. ``connectwise_id`` is None after a person unlinked it: then
    ``linked_by`` is that person, and only a person links it again. It is empty where a person has
    excluded the company, or billed its own machines, before it was ever linked. ``kept_apart`` are
    Additions of others that a person wants billed beside ours (OPEN-6). ``own_billed_since`` is set
    for a partner whose own machines a person wants billed (READ-4). ``version`` counts the changes
    of the link from 1, also when it links to another.
    """

    company_id: str
    company_name: str
    connectwise_id: int | None
    connectwise_name: str
    linked_by: str
    linked_at: datetime
    pinned_agreement_id: int | None = None
    excluded_since: datetime | None = None
    kept_apart: tuple[int, ...] = ()
    own_billed_since: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """One step of a link: its state before and after, and the reason.

    The ledger writes all of it or nothing (SAFE-1). ``beside`` are the links of other companies, as
    they were seen, to the ConnectWise company that is taken or freed. A person may link several
    companies to one, each with its own agreement.
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
        """The ConnectWise company that it leaves; only ``heir`` may still be linked to that one."""
        before = None if self.before is None else self.before.connectwise_id
        return None if before == self.after.connectwise_id else before

    @property
    def taken(self) -> int | None:
        """The ConnectWise company that it takes; only ``holder`` may be linked to it already."""
        before = None if self.before is None else self.before.connectwise_id
        return None if before == self.after.connectwise_id else self.after.connectwise_id

    @property
    def holder(self) -> CompanyLink | None:
        """Another link to the company taken, which stays; None if there must be none."""
        return self._linked_beside(self.taken)

    @property
    def heir(self) -> CompanyLink | None:
        """Another link to the company freed, which stays; None if there is none."""
        return self._linked_beside(self.freed)

    def _linked_beside(self, connectwise_id: int | None) -> CompanyLink | None:
        # None is no company: two that are linked to nothing are not linked to the same one.
        return next(
            (each for each in self.beside if connectwise_id == each.connectwise_id is not None),
            None,
        )


def first_link(link: CompanyLink) -> LinkChange:
    """Return the change that links a company to its namesake for the first time (MATCH-1)."""
    return LinkChange(
        before=None,
        after=link,
        what="tied",  # the word of the histories that are stored
        why=f"the only one named {link.connectwise_name!r} on both sides",
        by=link.linked_by,
        at=link.linked_at,
    )
