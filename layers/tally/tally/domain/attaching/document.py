"""Documents at a ConnectWise agreement."""

from dataclasses import dataclass, field

LONGEST_TITLE = 100
"""Characters of a title that is sent; how many ConnectWise keeps is not documented."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that ConnectWise lists."""

    id: int
    title: str
    file_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A PDF to be attached to an agreement.

    A ``private`` one is not shown in a customer's portal. ``file_name`` is plain ASCII.
    """

    agreement_id: int
    title: str
    file_name: str
    contents: bytes = field(repr=False)
    private: bool = True
