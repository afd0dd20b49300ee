"""What a person's eye takes for the same name: rules MATCH-1 and MATCH-2. A near miss is shown, never tied by itself."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import batched

from tally.domain.model.screen import BLANKS, shows

LONGEST_IN_CONNECTWISE = 50
"""Characters of a company's name there; who creates one for a longer name cuts it."""

_MOST_CHARACTERS = 300
"""Of a name are compared; Unicode's normal forms take quadratic time for some that are longer."""
_MOST_TOLD = 3
_MOST_ESCAPES = 3
"""An ampersand that three programs have escaped one after the other."""

# fmt: off
_DRAWN_AS = {
    ord(drawn): plain
    for drawn, plain in batched(
        "АAВBСCЕEНHІIЈJКKМMОOРPЅSТTХXУYЗ3аaсcеeһhіiјjоoрpѕsхxуyԁdԛqԝwӏlғfбb"  # noqa: RUF001 - Cyrillic
        "ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXαaγyιiκkνvοoρpτtυuχxωw"  # noqa: RUF001 - Greek
        "ՕOոnսuօoհh"  # noqa: RUF001 - Armenian
        "ıiȷjɡgɑaøoØOłlŁLđdĐDƖlǀlℓl’'‘'‛'´'`'′'ʼ'“\"”\"„\"″\"‐-‑-‒-–-—-−-⁃-",  # noqa: RUF001 - Latin, quotes and dashes
        2, strict=True,
    )
}
# fmt: on
"""Letters and signs that are drawn as another one."""

_TRADE_MARKS = {ord(sign): None for sign in "™℠®©"}
_UNSEEN = {ord(blank): None for blank in BLANKS}
_ALIKE = str.maketrans("i10", "llo")
"""In many a typeface, I, l and 1 are one, and so are O and 0."""

_AND = re.compile(r"(?<=\s)(and|und|et|y)(?=\s)")
_NOT_IN_WORDS = re.compile(r"[\W_]+")
_LEGAL_FORMS = (
    "ab ag aps bv co corp corporation gmbh inc incorporated kg limited llc llp ltd ltda nv plc "
    "private pty pvt sa sarl srl"
)
_LEGAL_FORM = re.compile(f"(?<=.)({'|'.join(_LEGAL_FORMS.translate(_ALIKE).split())})$")
_PLLC = re.compile(r"[\s,]+p\.?l\.?l\.?c\.?\s*$", re.IGNORECASE)
"""A legal form as a word alone: without spaces it would take the last letter of "Bright P, LLC"."""
_CUT_ENTITY = re.compile(r"&#?\w{0,6}$")


def likeness(name: str) -> str:
    """What is left of a name without case, spaces, punctuation, accents, legal form and "and"; near misses share it.

    Entities (``&amp;``) are the characters that they stand for, and letters that look alike are one.
    """
    left = _letters(_PLLC.sub("", _unescaped(name[:_MOST_CHARACTERS])))
    while (shorter := _LEGAL_FORM.sub("", left)) != left:
        left = shorter
    return left


def near_misses(name: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """The candidates that the eye takes for ``name`` and that are not it, sorted."""
    wanted = likeness(name)
    return tuple(
        sorted(
            {each for each in candidates if wanted and each != name and likeness(each) == wanted}
        )
    )


def is_seen(name: str) -> bool:
    """False for a name of nothing, or of nothing but what is not seen: it names nobody."""
    return any(
        shows(char) and not char.isspace() and not unicodedata.combining(char) for char in name
    )


def told(name: str, *, beside: str) -> str:
    """The name in quotes; where it only looks like the other one, with the names of the signs that make the difference."""
    signs: Sequence[str] = ()
    if name != beside and _drawn(name) == _drawn(beside):
        signs = [
            unicodedata.name(char, f"U+{ord(char):04X}")
            for char in dict.fromkeys(name)
            if _is_odd(char, beside)
        ]
    return f"{name!r} with {' and '.join(signs[:_MOST_TOLD])}" if signs else f"{name!r}"


class NearNames[K]:
    """Names by what the eye takes them for, each with a key; built once, asked for every name that has no namesake."""

    def __init__(self, names: Iterable[tuple[K, str]]) -> None:
        self._alike: defaultdict[str, list[K]] = defaultdict(list)
        self._cut: defaultdict[str, list[tuple[str, K]]] = defaultdict(list)
        for key, name in names:
            if alike := likeness(name):
                self._alike[alike].append(key)
            if (cut := _cut_letters(name)) is not None:
                self._cut[cut[:_FIRST]].append((cut, key))

    def of(self, name: str) -> list[K]:
        """The keys of those that look like ``name``, or like its beginning where they are as long as names can be."""
        found = list(self._alike.get(likeness(name), ()))
        if len(name) > LONGEST_IN_CONNECTWISE:
            whole = _letters(_unescaped(name[:_MOST_CHARACTERS]))
            found += [
                key
                for cut, key in self._cut.get(whole[:_FIRST], ())
                if whole.startswith(cut) and key not in found
            ]
        return found


_FIRST = 12
"""Letters by which cut names are found: fewer than any of them has."""
_AS_GOOD_AS_CUT = 45
"""Characters: one cut at 50 may have lost spaces at its end, or an entity that was cut in its middle."""


def _cut_letters(name: str) -> str | None:
    """The letters of a name that may have been cut, without the entity that its end may lie in; None of any other."""
    if len(name) < _AS_GOOD_AS_CUT:
        return None
    cut = _letters(_unescaped(_CUT_ENTITY.sub("", name[:_MOST_CHARACTERS])))
    return cut if len(cut) >= _FIRST else None


def _letters(text: str) -> str:
    plain = (
        unicodedata.normalize("NFKD", text.translate(_TRADE_MARKS))
        .translate(_UNSEEN)
        .translate(_DRAWN_AS)
    )
    return _NOT_IN_WORDS.sub("", _AND.sub("", plain.casefold())).translate(_ALIKE)


def _unescaped(text: str) -> str:
    for _ in range(_MOST_ESCAPES):
        if "&" not in text:
            break
        from html import unescape  # noqa: PLC0415 - its table of entities takes longer to load than all of this

        text = unescape(text)
    return text


def _drawn(name: str) -> str:
    """A name as it is drawn: composed, each letter as the one that it looks like, one kind of space, nothing unseen."""
    text = unicodedata.normalize("NFKC", name[:_MOST_CHARACTERS]).translate(_DRAWN_AS)
    return " ".join("".join(char if char.isspace() or shows(char) else "" for char in text).split())


def _is_odd(char: str, beside: str) -> bool:
    return not char.isascii() and char not in beside
