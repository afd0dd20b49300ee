"""The tags of a file: what is a heading, a table, a figure; a screen reader goes by them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pydyf


@dataclass(frozen=True, slots=True)
class Mark:
    """A piece of a page's drawing, by its number there."""

    page: int
    number: int


@dataclass(slots=True, eq=False)
class Tag:
    """An element of the text, named as ISO 32000 names it: H1, P, Table, TR, TH, TD, Figure."""

    name: str
    kids: "list[Tag | Mark]" = field(default_factory=list)
    spoken: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    def add(self, name: str, *, spoken: str = "", **attributes: str) -> "Tag":
        """Add an element to this one, and return it."""
        kid = Tag(name, spoken=spoken, attributes=attributes)
        self.kids.append(kid)
        return kid


def add_structure(
    file: pydyf.PDF, document: Tag, pages: Sequence[pydyf.Dictionary]
) -> pydyf.Dictionary:
    """Add the tags to a file whose pages have their numbers; return their root."""
    root = pydyf.Dictionary({"Type": "/StructTreeRoot"})
    file.add_object(root)
    owners: list[dict[int, bytes]] = [{} for _ in pages]
    root["K"] = _element(file, document, root.reference, pages, owners)
    parents = pydyf.Array()
    for number, of in enumerate(owners):
        row = pydyf.Array([of[each] for each in sorted(of)])
        file.add_object(row)
        parents += [number, row.reference]
    root["ParentTree"] = pydyf.Dictionary({"Nums": parents})
    root["ParentTreeNextKey"] = len(pages)
    return root


def _element(
    file: pydyf.PDF,
    tag: Tag,
    parent: bytes,
    pages: Sequence[pydyf.Dictionary],
    owners: list[dict[int, bytes]],
) -> bytes:
    element = pydyf.Dictionary({"S": f"/{tag.name}", "P": parent})
    file.add_object(element)
    reference = bytes(element.reference)
    if tag.spoken:
        element["Alt"] = pydyf.String(tag.spoken)
    if tag.attributes:
        element["A"] = pydyf.Dictionary({"O": "/Table", **tag.attributes})
    kids = pydyf.Array()
    for kid in tag.kids:
        if isinstance(kid, Tag):
            kids.append(_element(file, kid, reference, pages, owners))
            continue
        owners[kid.page][kid.number] = reference
        page = pages[kid.page].reference
        kids.append(pydyf.Dictionary({"Type": "/MCR", "Pg": page, "MCID": kid.number}))
    element["K"] = kids
    return reference
