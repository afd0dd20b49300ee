"""The search for the company, and for the record of it, that a person means."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

from cli.command import UsageError
from cli.first_tick import before_first_tick
from cli.stack import Stack
from tally.domain.linking.likeness import near_misses, quoted
from tally.domain.model.company import Stretch
from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey
from tally.domain.record.unreadable import readable
from tally.domain.record.usage_record import UsageRecord
from tally.ports import Ledger

_NEAR = 75
"""The likeness, of 100, from which names are suggested."""
_MOST = 3
_LISTED = (
    "`tally status` lists those that it knows; each is known from the first tick that sees it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A company that the ledger knows. ``guessed``: only something like its name was given."""

    id: str
    name: str
    guessed: bool = False


def find_company(stack: Stack, text: str, *, guess: bool = False) -> Found:
    """Return the company of that id or name. Case matters only where two names differ by it alone.

    With ``guess`` it may also be the only company whose name contains the text, or is nearest to
    it. That will do to look, but not to write.

    Raises:
        UsageError: There is none, or more than one; it names those that are near.
    """
    names = known_names(stack.ledger())
    if (company_id := _called(text, names)) is not None:
        return Found(id=company_id, name=names[company_id])
    near = _near(text, names)
    if guess and len(near) == 1:
        return Found(id=near[0], name=names[near[0]], guessed=True)
    meant = [f"{quoted(names[each], beside=text)} ({each})" for each in near[:_MOST]]
    hint = f"Is it {' or '.join(meant)}?" if meant else before_first_tick(stack) or _LISTED
    raise UsageError(f"Tally knows no company {text!r}. {hint}")


def _called(text: str, names: Mapping[str, str]) -> str | None:
    """Return the id of the company of that id or name; None if there is none.

    Raises:
        UsageError: Several have that name.
    """
    if text in names:
        return text
    for same in (str.__eq__, _same_but_case):
        named = sorted(each for each, name in names.items() if same(name, text))
        if len(named) > 1:
            raise UsageError(
                f"{len(named)} companies are named {names[named[0]]!r}: give an id, "
                f"{_listed(named)}."
            )
        if named:
            return named[0]
    return None


def known_names(ledger: Ledger) -> Mapping[str, str]:
    """Return the name of every company that the ledger knows, by its GravityZone id."""
    unreadable: dict[str, str] = {}
    names = {
        each.company_id: each.company_name for each in readable(ledger.all_links(), unreadable)
    }
    # After the links: a standing has the name of the last tick, a link that of the day it was made.
    names |= {
        each.company_id: each.company_name or each.company_id for each in ledger.all_standings()
    }
    # A company whose link cannot be read is still found by its id.
    return {**dict.fromkeys(unreadable, ""), **names}


def nearest(
    text: str, names: Mapping[str, str], *, most: int = _MOST
) -> Sequence[tuple[str, float]]:
    """Return the keys of the names that are most like a text, best first, with their likeness."""
    found = process.extract(
        text, names, scorer=fuzz.WRatio, processor=default_process, limit=most, score_cutoff=_NEAR
    )
    return [(key, score) for _, score, key in found]


def find_record(
    ledger: Ledger,
    company: Found,
    *,
    month: Month | None,
    service: str | None,
    fits: Callable[[UsageRecord], bool],
    what: str,
) -> UsageRecord:
    """Return the company's record of that month and service.

    Where one of them is left out, it is the only record that ``fits``.

    Raises:
        UsageError: There is none, or more than one; ``what`` says what was looked for.
    """
    if month is not None and service is not None:
        return _named(
            ledger, RecordKey(company_id=company.id, month=month, service=service), company
        )
    records = _narrowed(records_of(ledger, company.id, month=month), month, service)
    fitting = [record for record in records if fits(record)]
    # The only record is taken although it does not fit: the rules' own refusal says why it cannot
    # be.
    candidates = fitting or records
    if len(candidates) == 1:
        return candidates[0]
    if not fitting:
        raise UsageError(f"No month of {company.name} is {what}.")
    named = "; ".join(
        f"--month {record.key.month} --service {record.key.service}" for record in fitting
    )
    raise UsageError(f"{len(fitting)} records of {company.name} are {what}: say which, {named}.")


def _narrowed(
    records: Sequence[UsageRecord], month: Month | None, service: str | None
) -> Sequence[UsageRecord]:
    return [
        each
        for each in records
        if service in (None, each.key.service) and month in (None, each.key.month)
    ]


def records_of(
    ledger: Ledger, company_id: str, *, month: Month | None = None
) -> Sequence[UsageRecord]:
    """Return the company's unsettled records, and the settled ones of one month."""
    alone = Stretch.alone(company_id)
    records = {record.key for record in readable(ledger.all_open_records(alone))}
    if month is not None:
        records |= {record.key for record in readable(ledger.all_settled_records(month, alone))}
    # The index may lag behind the table, so each record is read from the table itself.
    newest = (ledger.record(key) for key in sorted(records))
    return [record for record in newest if record is not None]


def _named(ledger: Ledger, key: RecordKey, company: Found) -> UsageRecord:
    record = ledger.record(key)
    if record is None:
        raise UsageError(f"{company.name} has no record of {key.month.label} ({key.service}).")
    return record


def _near(text: str, names: Mapping[str, str]) -> Sequence[str]:
    holding = [name for name in names.values() if text.casefold() in name.casefold()]
    alike = set(holding or near_misses(text, names.values()))
    if alike:
        return sorted(
            (each for each, name in names.items() if name in alike), key=lambda each: names[each]
        )
    found = nearest(text, names)
    ahead = len(found) > 1 and found[0][1] - found[1][1] >= _CLEARLY
    return [key for key, _ in (found[:1] if ahead else found)]


_CLEARLY = 10
"""The best of several is meant if it is ahead by so much likeness."""


def _same_but_case(name: str, text: str) -> bool:
    return name.casefold() == text.casefold()


def _listed(ids: Sequence[str]) -> str:
    return " or ".join(ids[:_MOST])
