"""Write the standings of many companies: each by itself, so that one that fails stops no other."""

from collections.abc import Callable, Collection, Iterable

from tally.domain.model.standing import Standing
from tally.errors import ConflictError, ContractError, SetupError, TallyError, UnsavedError

_THE_TABLES = 3
"""So many failures, if nothing was written, are the table's; fewer may be those companies' own."""
_IN_VAIN = 24
"""After so many failures, if nothing was written, the others are not tried."""


def attempt(save: Callable[[Standing], None], standing: Standing) -> tuple[str, TallyError | None]:
    """Write one of many, and return its company with the error, if there was one.

    An error of Tally's own concerns that company alone too.
    """
    try:
        save(standing)
    except TallyError as error:
        return standing.company_id, error
    except Exception as error:  # noqa: BLE001 - such as a text that no store takes
        return standing.company_id, ContractError(f"it cannot be stored: {error!r}")
    return standing.company_id, None


def saved_all(outcomes: Iterable[tuple[str, TallyError | None]]) -> int:
    """Go through the outcome of each company; return how many were left out.

    A company is left out if somebody else has written its standing first.

    Raises:
        UnsavedError: some could not be written.
        TallyError: the table's own error, if none could be written because of it.
    """
    failures: dict[str, TallyError] = {}
    left_out = done = 0
    for company_id, error in outcomes:
        if error is None:
            done += 1
        elif isinstance(error, ConflictError):
            left_out += 1
        else:
            failures[company_id] = error
        if not done and len(failures) >= _IN_VAIN:
            break
    if not done and (trouble := _tables_trouble(failures.values())) is not None:
        raise trouble
    if failures:
        company_id, error = next(iter(failures.items()))
        raise UnsavedError(
            (
                f"{len(failures)} standings were not written, the first, of {company_id}, because "
                f"of this: {error}"
            ),
            failures=failures,
            left_out=left_out,
        )
    return left_out


def _tables_trouble(failures: Collection[TallyError]) -> TallyError | None:
    """Return the table's own error; None if the failures may be those of single standings."""
    # A ContractError is about what was to be written: another standing may pass.
    trouble = next((each for each in failures if not isinstance(each, ContractError)), None)
    is_certain = len(failures) >= _THE_TABLES or isinstance(trouble, SetupError)
    return trouble if is_certain else None
