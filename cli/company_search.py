"""Which company, and which of its records, a person means."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

from cli.command import UsageError
from tally.domain.linking.likeness import near_misses, quoted
from tally.domain.model.company import Stretch
from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey
from tally.domain.record.unreadable import readable
from tally.domain.record.usage_record import UsageRecord
from tally.ports import Ledger

_NEAR = 75
"""Of 100: names of this likeness are suggested."""
_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A company that the ledger knows; ``guessed``: only something like its name was given."""

    id: str
    name: str
    guessed: bool = False


def find_company(ledger: Ledger, text: str, *, guess: bool = False) -> Found:
    """The company of that id or name; the case of a name does not matter where only one differs by it.

    With ``guess`` also the only one whose name contains the text, or is nearest to it: for looking, not for writing. Raises
    UsageError that names what is near.
    """
    names = known_names(ledger)
    if text in names:
        return Found(id=text, name=names[text])
    for same in (str.__eq__, _same_but_case):
        named = sorted(each for each, name in names.items() if same(name, text))
        if len(named) == 1:
            return Found(id=named[0], name=names[named[0]])
        if named:
            raise UsageError(
                f"{len(named)} companies are named {names[named[0]]!r}: give an id, "
                f"{_listed(named)}."
            )
    near = _near(text, names)
    if guess and len(near) == 1:
        return Found(id=near[0], name=names[near[0]], guessed=True)
    meant = (
        (
            " Is it "
            f"{' or '.join(f'{quoted(names[each], beside=text)} ({each})' for each in near[:_MOST])}?"
        )
        if near
        else ""
    )
    hint = meant or (
        " `tally status` lists those that it knows; each is known from the first tick that sees it."
    )
    raise UsageError(f"Tally knows no company {text!r}.{hint}")


def known_names(ledger: Ledger) -> Mapping[str, str]:
    """The name of every company that the ledger knows, by its GravityZone id."""
    unreadable: dict[str, str] = {}
    names = {
        each.company_id: each.company_name for each in readable(ledger.all_links(), unreadable)
    }
    names |= {
        each.company_id: each.company_name or each.company_id for each in ledger.all_standings()
    }
    return {**dict.fromkeys(unreadable, ""), **names}


def nearest(
    text: str, names: Mapping[str, str], *, most: int = _MOST
) -> Sequence[tuple[str, float]]:
    """The keys of the names that are most like a text, best first, each with its likeness of 100."""
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
    """The company's record of that month and service; where they are left out, the only one that ``fits``.

    Raises UsageError where there is none or more than one; ``what`` says for what one was looked for.
    """
    if month is not None and service is not None:
        return _named(
            ledger, RecordKey(company_id=company.id, month=month, service=service), company
        )
    records = [
        record
        for record in records_of(ledger, company.id, month=month)
        if service in (None, record.key.service) and (month is None or record.key.month == month)
    ]
    fitting = [record for record in records if fits(record)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and len(records) == 1:
        return records[0]
    if not fitting:
        raise UsageError(f"No month of {company.name} is {what}.")
    named = "; ".join(
        f"--month {record.key.month} --service {record.key.service}" for record in fitting
    )
    raise UsageError(f"{len(fitting)} records of {company.name} are {what}: say which, {named}.")


def records_of(
    ledger: Ledger, company_id: str, *, month: Month | None = None
) -> Sequence[UsageRecord]:
    """The company's unsettled records, and those of one month that are settled, by month and service."""
    alone = Stretch.alone(company_id)
    records = {record.key for record in readable(ledger.all_open_records(alone))}
    if month is not None:
        records |= {record.key for record in readable(ledger.all_settled_records(month, alone))}
    # The index may lag: what a record is, is asked of the table itself.
    newest = (ledger.record(key) for key in sorted(records))
    return [record for record in newest if record is not None]


def _named(ledger: Ledger, key: RecordKey, company: Found) -> UsageRecord:
    record = ledger.record(key)
    if record is None:
        raise UsageError(f"{company.name} has no record of {key.month.label} ({key.service}).")
    return record


def _near(text: str, names: Mapping[str, str]) -> Sequence[str]:
    holding = [each for each, name in names.items() if text.casefold() in name.casefold()]
    if holding:
        return sorted(holding, key=lambda each: names[each])
    alike = set(near_misses(text, names.values()))
    if alike:
        return sorted(
            (each for each, name in names.items() if name in alike), key=lambda each: names[each]
        )
    found = nearest(text, names)
    clear = len(found) == 1 or (len(found) > 1 and found[0][1] - found[1][1] >= _CLEARLY)
    return [key for key, _ in (found[:1] if clear else found)]


_CLEARLY = 10
"""By so much likeness the best of several is taken for what was meant."""


def _same_but_case(name: str, text: str) -> bool:
    return name.casefold() == text.casefold()


def _listed(ids: Sequence[str]) -> str:
    return " or ".join(ids[:_MOST])
