"""Names that look the same to a person (MATCH-1, MATCH-2).

A near miss is shown to a person; it is never linked automatically.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import batched

from tally.domain.model.screen import BLANKS, shows

LONGEST_IN_CONNECTWISE = 50
"""The longest company name in ConnectWise; whoever creates a longer one cuts it."""

_MOST_CHARACTERS = 300
"""The characters of a name to compare: Unicode's normal forms take quadratic time for some."""
_MOST_TOLD = 3

# fmt: off
_DRAWN_AS = {
    ord(drawn): plain
    for drawn, plain in batched(
        "АAВBСCЕEНHІIЈJКKМMОOРP"  # noqa: RUF001 - Cyrillic
        "ЅSТTХXУYЗ3аaсcеeһhіiјj"  # noqa: RUF001 - Cyrillic
        "оoрpѕsхxуyԁdԛqԝwӏlғfбb"  # noqa: RUF001 - Cyrillic
        "ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤT"  # noqa: RUF001 - Greek
        "ΥYΧXαaγyιiκkνvοoρpτtυuχxωw"  # noqa: RUF001 - Greek
        "ՕOոnսuօoհh"  # noqa: RUF001 - Armenian
        "ıiȷjɡgɑaøoØOłlŁLđdĐDðdÐDƖlǀlℓlæaÆAœoŒO"  # noqa: RUF001 - Latin
        "’'‘'‛'´'`'′'ʼ'“\"”\"„\"″\"‐-‑-‒-–-—-−-⁃-",  # noqa: RUF001 - quotes and dashes
        2, strict=True,
    )
}
# fmt: on
"""Letters and signs that are drawn as another one."""

_TRADE_MARKS = {ord(sign): None for sign in "™℠®©"}
_UNSEEN = {ord(blank): None for blank in BLANKS}
_ALIKE = str.maketrans("i10", "llo")
"""In many typefaces I, l and 1 look the same, and so do O and 0."""

_AND = re.compile(r"(?<=\s)(and|und|et|y)(?=\s)")
_SPELT_OUT = re.compile("(?<=[aou])e")
"""An umlaut without its dots: Müller is Mueller too."""
_NOT_IN_WORDS = re.compile(r"[\W_]+")
_LEGAL_FORMS = (
    "ab ag aps bv co company corp corporation ek ev gmbh inc incorporated kft kg limited llc llp "
    "ltd ltda mbh nv oy oyj plc private pty pvt sa sarl sas spzoo srl ug"
)
# It is asked of letters that are alike already, so the forms are too: "inc" is "lnc" here. A name
# that is nothing but a legal form keeps it.
_LEGAL_FORM = re.compile(f"(?<=.)({'|'.join(_LEGAL_FORMS.translate(_ALIKE).split())})$")
_PLLC = re.compile(r"[\s,]+p\.?l\.?l\.?c\.?\s*$", re.IGNORECASE)
"""A legal form that must be a word: without spaces it would take a letter of "Bright P, LLC"."""
_CUT_ENTITY = re.compile(r"&#?\w{0,6}$")


def likeness(name: str) -> str:
    """Return the part of a name by which near misses are equal.

    It is the name without case, spaces, punctuation, accents, legal form and "and". Entities
    (``&amp;``) become the characters that they stand for, and letters that look alike become one.
    """
    left = _letters(_PLLC.sub("", _unescaped(name[:_MOST_CHARACTERS])))
    # A name can end in several forms, such as "Pty Ltd".
    while (shorter := _LEGAL_FORM.sub("", left)) != left:
        left = shorter
    return left


def near_misses(name: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """Return the candidates that look like ``name`` and are not it, sorted."""
    wanted = likeness(name)
    return tuple(
        sorted(
            {each for each in candidates if wanted and each != name and likeness(each) == wanted}
        )
    )


def is_seen(name: str) -> bool:
    """Return True if the name has a character that can be seen; any other name is nobody's."""
    return any(
        shows(char) and not char.isspace() and unicodedata.category(char) not in _MARKS
        for char in _unescaped(name[:_MOST_CHARACTERS])
    )


_MARKS = frozenset({"Mn", "Me"})
"""Categories of marks that are drawn onto a letter, or not at all."""


def quoted(name: str, *, beside: str) -> str:
    """Return the name in quotes, with the signs that differ from one that looks the same."""
    signs: Sequence[str] = ()
    if name != beside and _drawn(name) == _drawn(beside):
        signs = [
            unicodedata.name(char, f"U+{ord(char):04X}")
            for char in dict.fromkeys(name)
            if _is_odd(char, beside)
        ]
    return f"{name!r} with {' and '.join(signs[:_MOST_TOLD])}" if signs else f"{name!r}"


class NearNames[K]:
    """An index of names by their likeness, each with a key; built once, asked for many names."""

    def __init__(self, names: Iterable[tuple[K, str]]) -> None:
        self._alike: defaultdict[str, list[K]] = defaultdict(list)
        self._cut: defaultdict[str, list[tuple[str, K]]] = defaultdict(list)
        for key, name in names:
            if alike := likeness(name):
                self._alike[alike].append(key)
            if (cut := _cut_letters(name)) is not None:
                self._cut[cut[:_FIRST]].append((cut, key))

    def of(self, name: str) -> list[K]:
        """Return the keys of the names that look like ``name``.

        A name of ConnectWise's greatest length is also compared with the beginning of ``name``.
        """
        found = list(self._alike.get(likeness(name), ()))
        # Only a name too long for ConnectWise can have been cut there.
        if max(len(name), _bytes(name)) > LONGEST_IN_CONNECTWISE:
            whole = _letters(_unescaped(name[:_MOST_CHARACTERS]))
            found += [
                key
                for cut, key in self._cut.get(whole[:_FIRST], ())
                if whole.startswith(cut) and key not in found
            ]
        return found


_FIRST = 12
"""Letters by which cut names are found: each of them has more."""
_AS_GOOD_AS_CUT = range(45, LONGEST_IN_CONNECTWISE + 1)
"""The lengths of a name that may have been cut: spaces or an entity at its end are lost."""


def _cut_letters(name: str) -> str | None:
    """Return the letters of a name that may have been cut; None for any other name.

    A half entity at its end is left out. Programs cut at characters, or at bytes of UTF-8.
    """
    if len(name) < _AS_GOOD_AS_CUT.start and _bytes(name) not in _AS_GOOD_AS_CUT:
        return None
    cut = _letters(_unescaped(_CUT_ENTITY.sub("", name[:_MOST_CHARACTERS])))
    return cut if len(cut) >= _FIRST else None


def _bytes(name: str) -> int:
    return len(name[:_MOST_CHARACTERS].encode(errors="replace"))


def _letters(text: str) -> str:
    # The table comes before the case is folded: a Cyrillic capital can look like a Latin one where
    # its small letter does not. A trade mark goes first, since NFKD spells it out as "TM".
    plain = (
        unicodedata.normalize("NFKD", text.translate(_TRADE_MARKS))
        .translate(_UNSEEN)
        .translate(_DRAWN_AS)
    )
    words = _NOT_IN_WORDS.sub("", _AND.sub("", plain.casefold()))
    return _SPELT_OUT.sub("", words).translate(_ALIKE)


def _unescaped(text: str) -> str:
    """Return the text without entities, however often programs have escaped it."""
    before = ""
    while "&" in text and text != before:
        # The table of entities takes longer to load than everything else here.
        from html import unescape  # noqa: PLC0415

        before, text = text, unescape(text)
    return text


def _drawn(name: str) -> str:
    """Return the name as it is drawn.

    It is composed, with one character for all that look alike, one kind of space, and nothing
    unseen.
    """
    text = unicodedata.normalize("NFKC", name[:_MOST_CHARACTERS]).translate(_DRAWN_AS)
    return " ".join("".join(char if char.isspace() or shows(char) else "" for char in text).split())


def _is_odd(char: str, beside: str) -> bool:
    return not char.isascii() and char not in beside
