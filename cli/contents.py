"""The table of contents of ``tally``: each command, its module, and its line in the help.

`tally --help` is printed from this table alone, so that it imports no command.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One command, or one group of commands. ``line`` fits a terminal of 80 columns."""

    name: str
    module: str
    line: str


CONTENTS = (
    Entry(
        name="status",
        module="cli.commands.status",
        line="Show every company: its count, what is billed, its standing.",
    ),
    Entry(
        name="show",
        module="cli.commands.show",
        line="Show one company: its months, what waits, its history.",
    ),
    Entry(
        name="plan",
        module="cli.commands.next_tick",
        line="Tell what a tick would do now. Nothing is written.",
    ),
    Entry(
        name="sync",
        module="cli.commands.sync_now",
        line="Have a tick planned now, or one company alone.",
    ),
    Entry(
        name="approve",
        module="cli.commands.answers",
        line="Let the number that is held be written.",
    ),
    Entry(
        name="reject",
        module="cli.commands.answers",
        line="Keep what stands instead of the number that is held.",
    ),
    Entry(
        name="take-over",
        module="cli.commands.answers",
        line="Give Tally the Addition of others that holds the record.",
    ),
    Entry(
        name="keep-apart",
        module="cli.commands.answers",
        line="Bill beside the Addition of others, now and later.",
    ),
    Entry(
        name="waive",
        module="cli.commands.answers",
        line="Do not bill the month, for good.",
    ),
    Entry(
        name="void",
        module="cli.commands.answers",
        line="Set an Addition at the wrong customer to 0.",
    ),
    Entry(
        name="credit-done",
        module="cli.commands.answers",
        line="Say that what was billed too much has been credited.",
    ),
    Entry(
        name="carry-terms",
        module="cli.commands.answers",
        line="Carry the terms of the month before over.",
    ),
    Entry(
        name="export",
        module="cli.commands.export",
        line="Write a month's records, for a spreadsheet or a program.",
    ),
    Entry(
        name="statement",
        module="cli.commands.statement",
        line="State a customer's month on a page, or all of them in a book.",
    ),
    Entry(
        name="evidence",
        module="cli.commands.evidence",
        line="Remove the machines that were recorded of one customer.",
    ),
    Entry(
        name="book",
        module="cli.commands.book",
        line="Show the published books; verify that nobody changed them.",
    ),
    Entry(
        name="doctor",
        module="cli.commands.doctor",
        line="Check the whole set-up, and say what to do.",
    ),
    Entry(
        name="pulse",
        module="cli.commands.pulse",
        line="Show whether totals spare readings; switch the pulse on again.",
    ),
    Entry(
        name="companies",
        module="cli.commands.companies",
        line="Link companies to ConnectWise; say whether they are billed.",
    ),
    Entry(
        name="failed",
        module="cli.commands.failed",
        line="Look at what failed for good, and have it done after all.",
    ),
    Entry(
        name="secrets",
        module="cli.commands.secrets",
        line="Look after the keys for GravityZone and ConnectWise.",
    ),
)
"""Every command, in the order in which `tally --help` lists them."""
