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
    owners: list[dict[int, str]] = [{} for _ in pages]
    root["K"] = _element(file, document, root.reference.decode(), pages, owners)
    parents = pydyf.Array()
    for number, of in enumerate(owners):
        row = pydyf.Array([of[each] for each in sorted(of)])
        file.add_object(row)
        parents += [number, row.reference]
    root["ParentTree"] = pydyf.Dictionary({"Nums": parents})
    root["ParentTreeNextKey"] = len(pages)
    return root


class _Element(pydyf.Object):  # type: ignore[misc]  # pydyf has no types
    """An element in the file. Its text is made at once: a long table has thousands of them."""

    data = b""


def _element(
    file: pydyf.PDF,
    tag: Tag,
    parent: str,
    pages: Sequence[pydyf.Dictionary],
    owners: list[dict[int, str]],
) -> str:
    element = _Element()
    file.add_object(element)
    reference = f"{element.number} 0 R"
    page, kids = -1, []
    for kid in tag.kids:
        if isinstance(kid, Tag):
            kids.append(_element(file, kid, reference, pages, owners))
            continue
        owners[kid.page][kid.number] = reference
        page = kid.page if page < 0 else page
        on = f"/Pg {pages[kid.page].number} 0 R"
        is_there = kid.page == page
        kids.append(f"{kid.number}" if is_there else f"<</Type/MCR{on}/MCID {kid.number}>>")
    where = "" if page < 0 else f"/Pg {pages[page].number} 0 R"
    more = "".join(f"/{name} {value}" for name, value in tag.attributes.items())
    about = f"/A<</O/Table{more}>>" if more else ""
    alt = f"/Alt {pydyf.String(tag.spoken).data.decode()}" if tag.spoken else ""
    written = f"<</S/{tag.name}/P {parent}{where}{about}{alt}/K[{' '.join(kids)}]>>"
    element.data = written.encode("ascii")
    return reference
