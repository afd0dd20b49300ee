"""A plausible bug of the product, as data, and what is asked to notice it."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from local.errors import LocalError

PRODUCT = PurePosixPath("layers/tally")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A text that stands exactly once in the file, and what takes its place."""

    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A bug that somebody could have written.

    ``file`` is below ``layers/tally``. ``why`` tells the thought of a person who writes it.
    ``tests`` are arguments of pytest, the rule's own; with none of them the simulation must notice
    it alone. ``seeds`` are played to the first violation.
    """

    name: str
    rule: str
    file: str
    edits: tuple[Edit, ...]
    why: str
    tests: tuple[str, ...] = ()
    seeds: range = range(24)

    @property
    def path(self) -> PurePosixPath:
        """Its file, below the checkout."""
        return PRODUCT / self.file

    @property
    def module(self) -> str:
        """The name under which its file is imported."""
        return ".".join(PurePosixPath(self.file).with_suffix("").parts)

    def planted(self, text: str) -> str:
        """Return the file's text with the bug in it.

        Raises LocalError if a text to be replaced is not there exactly once.
        """
        for edit in self.edits:
            found = text.count(edit.before)
            if found != 1:
                raise LocalError(
                    f"{self.name}: {edit.before!r} stands {found} times in {self.path}, and not "
                    "once"
                )
            text = text.replace(edit.before, edit.after)
        return text
