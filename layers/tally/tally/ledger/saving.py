"""Many items written, each on its own: what is to be said of those that could not be."""

from collections.abc import Callable, Iterable

from tally.domain.model.standing import Standing
from tally.errors import ConflictError, ContractError, SetupError, TallyError, UnsavedError

_THE_TABLES = 3
"""Where so many writes failed and none worked, it is the table's trouble; fewer may be those companies' own."""
_IN_VAIN = 24
"""After so many, the others are not tried."""


def attempt(save: Callable[[Standing], None], standing: Standing) -> tuple[str, TallyError | None]:
    """Write one of many; answer whose it is, and what became of it: an error of ours too is that company's alone."""
    try:
        save(standing)
    except TallyError as error:
        return standing.company_id, error
    except Exception as error:  # noqa: BLE001 - such as a text that no store takes
        return standing.company_id, ContractError(f"it cannot be stored: {error!r}")
    return standing.company_id, None


def saved_all(outcomes: Iterable[tuple[str, TallyError | None]]) -> int:
    """Go through what became of each company's item; answer how many were left out because somebody was first.

    Raises UnsavedError where some could not be written. Where none of several could, and not for what was to be written,
    the table's own error.
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
    tables = next(
        (error for error in failures.values() if not isinstance(error, ContractError)), None
    )
    if (
        tables is not None
        and not done
        and (len(failures) >= _THE_TABLES or isinstance(tables, SetupError))
    ):
        raise tables
    if failures:
        company_id, error = next(iter(failures.items()))
        raise UnsavedError(
            (
                f"{len(failures)} standings were not written, the first, of {company_id}, "
                f"because of this: {error}"
            ),
            failures=failures,
            left_out=left_out,
        )
    return left_out
