"""Lists of ConnectWise that show only what the API member's role lets it see (MATCH-8)."""

from collections.abc import Collection, Iterable

from tally.domain.model.company import CompanyLink

COMPANIES = "Companies > Company Maintenance"
AGREEMENTS = "Finance > Agreements"
_SEVERAL = 2
"""At this number of linked companies, some remain: they are not all deleted or merged."""


def linked_ids(links: Iterable[CompanyLink]) -> frozenset[int]:
    """Return the ids of the ConnectWise companies in the ledger's links."""
    return frozenset(each.connectwise_id for each in links if each.connectwise_id is not None)


def unseen_companies(seen: Collection[int], linked: Collection[int]) -> str:
    """Return the problem if none of the linked companies is seen, or no company at all; else ""."""
    # Every ConnectWise has companies: one that shows none hides them.
    if seen and (len(linked) < _SEVERAL or any(each in seen for each in linked)):
        return ""
    none = f"0 of {len(linked)} companies" if linked else "no company"
    return f"The API member sees {none} in ConnectWise: {_asked(COMPANIES)}"


def unseen_agreements(seen: Collection[int], companies: int, type_name: str) -> str:
    """Return the problem if no agreement of the type is seen while companies wait; else "".

    ``seen`` are the companies with agreements of the type, old ones included.
    """
    # A role of Inquire Mine gets an empty list and no error, so an empty list proves nothing.
    if seen or not companies:
        return ""
    return (
        f"The API member sees 0 of {companies} companies with an agreement of the type "
        f"{type_name!r} in ConnectWise: {_asked(AGREEMENTS)} If it is, there is no agreement of "
        "the type: make one for each company."
    )


def _asked(module: str) -> str:
    return f"is its role Inquire All ({module})?"
