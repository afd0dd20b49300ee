"""The fonts of one file, each cut down to the glyphs that the file shows."""

from collections.abc import Iterator, Mapping

import pydyf
import uharfbuzz

from tally.statements.pdf.faces import Face
from tally.statements.pdf.shaping import Run

_UNUSED = ("GSUB", "GPOS", "GDEF", "kern", "cmap", "name", "post", "OS/2", "DSIG", "gasp", "STAT")
"""Tables that shape letters or name the font: a file whose glyphs are set needs none of them."""

_ITALIC_ANGLE, _SYMBOLIC, _STEM = 0, 4, 80


class EmbeddedFonts:
    """The faces in use, each with its name in the file, and their glyphs with what they mean."""

    def __init__(self) -> None:
        self._names: dict[Face, str] = {}
        self._letters: dict[Face, dict[int, str]] = {}
        self._kept: set[Run] = set()

    def name(self, run: Run) -> str:
        """Return the name of a run's face, and keep its glyphs."""
        if run not in self._kept:
            self._kept.add(run)
            letters = self._letters.setdefault(run.face, {})
            for glyph, meant in run.letters.items():
                letters.setdefault(glyph, meant)
            self._names.setdefault(run.face, f"F{len(self._names) + 1}")
        return self._names[run.face]

    def add_to(self, file: pydyf.PDF) -> pydyf.Dictionary:
        """Add the fonts to a file; return the dictionary of their names."""
        named = {name: self._font(file, face).reference for face, name in self._names.items()}
        fonts = pydyf.Dictionary(named)
        file.add_object(fonts)
        return fonts

    def _font(self, file: pydyf.PDF, face: Face) -> pydyf.Dictionary:
        letters = self._letters[face]
        cut = pydyf.Stream([_cut(face, letters)], compress=True)
        words = pydyf.Stream([_meaning(letters)], compress=True)
        file.add_object(cut)
        file.add_object(words)
        descriptor = _descriptor(face, letters, cut)
        file.add_object(descriptor)
        glyphs = _glyphs(face, letters, descriptor)
        file.add_object(glyphs)
        whole = pydyf.Dictionary(
            {
                "Type": "/Font",
                "Subtype": "/Type0",
                "BaseFont": descriptor["FontName"],
                "Encoding": "/Identity-H",
                "DescendantFonts": pydyf.Array([glyphs.reference]),
                "ToUnicode": words.reference,
            }
        )
        file.add_object(whole)
        return whole


def _cut(face: Face, letters: Mapping[int, str]) -> bytes:
    """Return the font with these glyphs alone, under the numbers that they had."""
    wanted = uharfbuzz.SubsetInput()
    wanted.glyph_set.update(letters)
    wanted.drop_table_tag_set.update(int.from_bytes(each.encode()) for each in _UNUSED)
    wanted.flags |= (
        uharfbuzz.SubsetFlags.RETAIN_GIDS
        | uharfbuzz.SubsetFlags.NO_LAYOUT_CLOSURE
        | uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
    )
    return bytes(uharfbuzz.subset(face.face, wanted).blob.data)


def _descriptor(face: Face, letters: Mapping[int, str], cut: pydyf.Stream) -> pydyf.Dictionary:
    extents = face.font.get_font_extents("ltr")
    return pydyf.Dictionary(
        {
            "Type": "/FontDescriptor",
            "FontName": f"/{_tag(letters)}+{face.name}",
            "Flags": _SYMBOLIC,
            "FontBBox": pydyf.Array([-1_000, extents.descender, 2_000, extents.ascender]),
            "ItalicAngle": _ITALIC_ANGLE,
            "Ascent": extents.ascender,
            "Descent": extents.descender,
            "CapHeight": 714,
            "StemV": _STEM,
            "FontFile2": cut.reference,
        }
    )


def _tag(letters: Mapping[int, str]) -> str:
    """Return the six capitals that mark a font as cut: others for other glyphs."""
    number = sum(glyph * glyph + glyph for glyph in letters)
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))


def _glyphs(
    face: Face, letters: Mapping[int, str], descriptor: pydyf.Dictionary
) -> pydyf.Dictionary:
    widths = pydyf.Array()
    for glyph in sorted(letters):
        widths += [glyph, pydyf.Array([face.advance(glyph)])]
    return pydyf.Dictionary(
        {
            "Type": "/Font",
            "Subtype": "/CIDFontType2",
            "BaseFont": descriptor["FontName"],
            "CIDSystemInfo": pydyf.Dictionary(
                {
                    "Registry": pydyf.String("Adobe"),
                    "Ordering": pydyf.String("Identity"),
                    "Supplement": 0,
                }
            ),
            "CIDToGIDMap": "/Identity",
            "DW": 0,
            "W": widths,
            "FontDescriptor": descriptor.reference,
        }
    )


_MEANING = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
{}
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""

_MOST_IN_A_BLOCK = 100
"""The most entries of a block, by the rules of CMaps."""


def _meaning(letters: Mapping[int, str]) -> bytes:
    """Return the map from glyphs to letters, so that a text can be searched, copied and read."""
    return _MEANING.format("\n".join(_blocks(letters))).encode()


def _blocks(letters: Mapping[int, str]) -> Iterator[str]:
    entries = [
        f"<{glyph:04x}> <{text.encode('utf-16-be').hex()}>"
        for glyph, text in sorted(letters.items())
    ]
    for start in range(0, len(entries), _MOST_IN_A_BLOCK):
        block = entries[start : start + _MOST_IN_A_BLOCK]
        yield "\n".join((f"{len(block)} beginbfchar", *block, "endbfchar"))
