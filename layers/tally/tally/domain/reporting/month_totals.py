"""The totals of a month's billing, and each company's change since the month before."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from tally.domain.record.usage_record import UsageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The quantity billed for a service in a month, less credits, and the number of companies."""

    service: str
    billed: int
    companies: int

    @property
    def in_words(self) -> str:
        """The total in words."""
        return (
            f"{self.billed:,} {self.service} on the Additions of {self.companies:,} "
            f"{_companies(self.companies)}"
        )

    def compared(self, before: "Total | None", month: str) -> str:
        """Return the total in words, compared with the month before, whose name is ``month``."""
        if before is None:
            return f"{self.in_words}, and none in {month}"
        more = self.billed - before.billed
        change = (
            "as many as" if more == 0 else f"{abs(more):,} {'more' if more > 0 else 'fewer'} than"
        )
        return (
            f"{self.in_words}, {change} in {month} ({before.billed:,} of {before.companies:,} "
            f"{_companies(before.companies)})"
        )


def totals(records: Iterable[UsageRecord]) -> Sequence[Total]:
    """Return one total for each service that has a record, by name."""
    by_service: dict[str, list[UsageRecord]] = {}
    for record in records:
        by_service.setdefault(record.key.service, []).append(record)
    return [
        # A company has one record of a service and month, so records count companies.
        Total(service=service, billed=sum(each.stands for each in of), companies=len(of))
        for service, of in sorted(by_service.items())
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One company's number of a service in two months; None where it had no record."""

    company_id: str
    service: str
    before: int | None
    now: int | None

    @property
    def difference(self) -> int:
        """The number by which it grew."""
        return (self.now or 0) - (self.before or 0)

    @property
    def in_words(self) -> str:
        """The change in words."""
        if self.before is None:
            return f"{self.now:,}, new"
        if self.now is None:
            return f"none any more, {self.before:,} before"
        return f"{self.before:,} → {self.now:,} ({self.difference:+,})"


def changes(
    now: Iterable[UsageRecord],
    before: Iterable[UsageRecord],
    *,
    but: Collection[tuple[str, str]] = (),
    most: int = 10,
) -> Sequence[Change]:
    """Return the biggest differences between two months' records, up or down, the biggest first.

    ``but`` are the companies and services whose month is not over yet: their change is not known.
    """
    numbers = {(each.key.company_id, each.key.service): each.stands for each in now}
    earlier = {(each.key.company_id, each.key.service): each.stands for each in before}
    found = [
        Change(company_id=key[0], service=key[1], before=earlier.get(key), now=numbers.get(key))
        # By id first: sorted() keeps the order of equals, so each mail shows the same ones.
        for key in sorted({*numbers, *earlier} - set(but))
    ]
    differing = [each for each in found if each.difference]
    return sorted(differing, key=lambda each: -abs(each.difference))[:most]


def _companies(number: int) -> str:
    return "customer" if number == 1 else "customers"
