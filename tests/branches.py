"""Fails unless nearly all branches of the product were taken: `coverage report` mixes them with
lines.
"""

import json
import subprocess
import sys
from pathlib import Path

LEAST = 95.0
"""Percent of branches."""


def main() -> int:
    """Print the share of branches that the last measured test run took; 1 if it is too small."""
    coverage = [Path(sys.executable).with_name("coverage"), "json", "--quiet", "-o", "-"]
    report = subprocess.run(coverage, capture_output=True, text=True, check=True)
    totals = json.loads(report.stdout)["totals"]
    taken, all_branches = totals["covered_branches"], totals["num_branches"]
    share = 100 * taken / all_branches
    sys.stdout.write(
        f"Branches taken: {taken} of {all_branches}, {share:.1f} %; {LEAST:g} % are asked for.\n"
    )
    return 0 if share >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
