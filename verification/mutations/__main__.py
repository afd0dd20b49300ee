"""``python -m verification.mutations``: plant every bug, and see that each is noticed."""

import argparse
import sys
import time

from local.errors import LocalError
from verification.mutations.catalogue import MUTATIONS
from verification.mutations.mutation import Mutation
from verification.mutations.mutation_runner import run
from verification.mutations.report import PAGE, write

_PROCESSES = 2


def main() -> int:
    """Judge them; answer 1 if one survived or does not apply, 2 if that could not be found out."""
    options = _options()
    chosen = [mutation for mutation in MUTATIONS if _is_meant(mutation, options.only)]
    begun = time.monotonic()
    try:
        verdicts = run(chosen, processes=options.processes, tell=_tell)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 2
    seconds = time.monotonic() - begun
    survived = [verdict for verdict in verdicts if verdict.killed_by is None]
    print(
        f"{len(verdicts)} mutations in {seconds:.0f} s by {options.processes} processes, "
        f"{len(survived)} survived"
    )
    for verdict in survived:
        print(f"  {verdict}")
    if not options.only:
        write(verdicts, to=PAGE)
        print(f"written: {PAGE.name}")
    return 1 if survived or not verdicts else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m verification.mutations", description=__doc__)
    parser.add_argument(
        "--only",
        default="",
        help="those whose rule or name has this in it; no page is written then",
    )
    parser.add_argument(
        "--processes", type=int, default=_PROCESSES, help="how many at a time (default 2)"
    )
    return parser.parse_args()


def _is_meant(mutation: Mutation, only: str) -> bool:
    return only.casefold() in f"{mutation.rule} {mutation.name}".casefold()


def _tell(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
