"""PROOF-*: a statement says what is known, and no more."""

from verification.mutations.mutation import Edit, Mutation

PROOF = (
    Mutation(
        name="a statement knows that no machine was proven",
        rule="PROOF-3",
        file="tally/domain/statement/draw_up.py",
        edits=(
            Edit(
                before="proven=seen.get(account.record.key.service)",
                after="proven=seen.get(account.record.key.service, 0)",
            ),
        ),
        why="A number that nobody has recorded is nothing.",
        tests=("tests/functional/test_statements.py",),
    ),
    Mutation(
        name="as many machines are the machines that were counted",
        rule="PROOF-3",
        file="tally/domain/statement/machines.py",
        edits=(
            Edit(
                before='GravityZone does not name those it counts: nothing shows that "\n'
                '        "they are these.',
                after='These are the machines that "\n        "it counts.',
            ),
        ),
        why="Twelve were counted, and here are twelve.",
        tests=("tests/unit/test_machine_words.py",),
    ),
    Mutation(
        name="a machine of the inventory was seen active",
        rule="PROOF-3",
        file="tally/domain/evidence/evidence.py",
        edits=(
            Edit(
                before="sum(each.proof is not None for each in self.machines)",
                after="len(self.machines)",
            ),
        ),
        why="It is listed, and the agent reports once an hour.",
        tests=("tests/unit/test_machine_words.py", "tests/unit/test_machine_forms.py"),
    ),
    Mutation(
        name="a look at the inventory changes no version",
        rule="PROOF-4",
        file="tally/domain/statement/statement.py",
        edits=(
            Edit(
                before="sum(each.version for each in self.services) + evidence",
                after="sum(each.version for each in self.services)",
            ),
        ),
        why="The version is the record's.",
        tests=("tests/unit/test_machine_forms.py",),
    ),
    Mutation(
        name="evidence that cannot be read was not recorded",
        rule="SAFE-5",
        file="tally/people/read_statements.py",
        edits=(
            Edit(before="            return None, True", after="            return None, False"),
        ),
        why="Without it there is nothing to show.",
        tests=("tests/functional/test_statement_machines.py",),
    ),
    Mutation(
        name="a customer has the statement of what can be read",
        rule="SAFE-5",
        file="tally/people/read_statements.py",
        edits=(
            Edit(
                before="if each.records and not each.unreadable]",
                after="if each.records]",
            ),
        ),
        why="It is more than nothing.",
        tests=("tests/functional/test_unreadable_items.py",),
    ),
    Mutation(
        name="a statement is final as soon as one service is closed",
        rule="PROOF-4",
        file="tally/domain/statement/statement.py",
        edits=(
            Edit(
                before="        is_open = any(each.state is RecordState.OPEN",
                after="        is_open = all(each.state is RecordState.OPEN",
            ),
        ),
        why="There is one service in most cases.",
        tests=("tests/unit/test_statement_forms.py",),
    ),
    Mutation(
        name="services stand in the order in which they were read",
        rule="PROOF-4",
        file="tally/domain/statement/draw_up.py",
        edits=(
            Edit(
                before=(
                    "    ordered = sorted(accounts, key=lambda account: account.record.key.service)"
                ),
                after="    ordered = list(accounts)",
            ),
        ),
        why="The settings have an order of their own.",
        tests=("tests/unit/test_statement_forms.py",),
    ),
    Mutation(
        name="a closed month follows the customer's readings of today",
        rule="PROOF-4",
        file="tally/domain/statement/draw_up.py",
        edits=(
            Edit(
                before="    if record.state is RecordState.OPEN:\n        return max(",
                after="    if of_customer is not None:\n        return max(",
            ),
        ),
        why="The last reading is the last reading.",
        tests=("tests/functional/test_statements.py",),
    ),
    Mutation(
        name="a closing count that could not be read was read",
        rule="PROOF-5",
        file="tally/domain/statement/draw_up.py",
        edits=(
            Edit(
                before=(
                    "    if any(LAST_COUNT in each or NOT_READ_AGAIN in each for each in "
                    "record.notices):\n        return None\n"
                ),
                after="",
            ),
        ),
        why="The record was closed at that tick.",
        tests=("tests/functional/test_statements.py",),
    ),
    Mutation(
        name="a number that a person has kept is GravityZone's count",
        rule="PROOF-5",
        file="tally/domain/statement/last_count.py",
        edits=(
            Edit(
                before="RecordState.WAIVED or kept_by(record, steps) is not None:",
                after="RecordState.WAIVED:",
            ),
        ),
        why="The closing has a field named count.",
        tests=("tests/functional/test_statements.py",),
    ),
    Mutation(
        name="a customer's name stands on the page as it is",
        rule="SAFE-10",
        file="tally/statements/page.py",
        edits=(
            Edit(
                before="    return escape(fit(str(text)), quote=True)",
                after="    return fit(str(text))",
            ),
        ),
        why="Names have letters and a full stop.",
        tests=("tests/unit/test_statement_forms.py",),
    ),
    Mutation(
        name="lastSeen is in the zone of the function's own clock",
        rule="PROOF-1",
        file="tally/gravityzone/inventory.py",
        edits=(
            Edit(
                before=(
                    "        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else "
                    "instant.astimezone(UTC)"
                ),
                after="        instant = instant.astimezone(UTC)",
            ),
        ),
        why="The conversion does it for a time without a zone, and functions run in UTC.",
        tests=("tests/unit/test_gravityzone_inventory_odd.py",),
    ),
    Mutation(
        name="a time that is still to come is when a machine was last seen",
        rule="PROOF-1",
        file="tally/gravityzone/inventory.py",
        edits=(
            Edit(
                before="    return now if is_now else None",
                after="    return instant",
            ),
        ),
        why="GravityZone would not say it.",
        tests=("tests/unit/test_gravityzone_inventory_odd.py",),
    ),
    Mutation(
        name="the second page of the inventory is never read",
        rule="SAFE-5",
        file="tally/gravityzone/inventory.py",
        edits=(
            Edit(
                before=(
                    "            if not page.has_more:\n"
                    "                if type(total) is int and count < total:\n"
                    '                    raise self._rpc.unreadable(reply, f"{count} rows came of '
                    '{total}")\n'
                    "                return\n"
                ),
                after="            return\n",
            ),
        ),
        why="A page holds a thousand machines, and no customer of the tests has as many.",
        tests=("tests/unit/test_gravityzone_inventory.py",),
    ),
    Mutation(
        name="a machine that GravityZone refuses to tell of is gone",
        rule="SAFE-7",
        file="tally/gravityzone/refusals.py",
        edits=(
            Edit(
                before=("        error.code == _INVALID_PARAMS\n        and _NO_MACHINE.search("),
                after=("        error.code == _INVALID_PARAMS\n        or _NO_MACHINE.search("),
            ),
        ),
        why="It is the code of an id that is nobody's.",
        tests=("tests/unit/test_gravityzone_inventory.py",),
    ),
    Mutation(
        name="a book is chained to the oldest edition of the month before",
        rule="PROOF-6",
        file="tally/domain/book/edition.py",
        edits=(
            Edit(
                before="edition=newest.number, sha256=newest.sha256)",
                after="edition=1, sha256=self.editions[0].sha256)",
            ),
        ),
        why="Most months have one edition, and then it is the same.",
        tests=("tests/functional/test_books_verify.py",),
    ),
    Mutation(
        name="a manifest is written over the one that stands",
        rule="PROOF-4",
        file="tally/publishing/write_edition.py",
        edits=(
            Edit(
                before="        if within + FILE in self.bucket.keys(within + FILE):\n",
                after="        if not within:\n",
            ),
            Edit(
                before=", only_new=True)",
                after=")",
            ),
        ),
        why="The same month was drawn again, so it is the same book.",
        tests=("tests/functional/test_books_killed.py",),
    ),
    Mutation(
        name="a month that is missing altogether is no difference",
        rule="PROOF-6",
        file="tally/domain/book/chain.py",
        edits=(
            Edit(
                before="            yield from self._not_in_the_bucket(known, numbers)\n",
                after="",
            ),
        ),
        why="The editions that are there are looked at one by one.",
        tests=("tests/functional/test_books_verify.py",),
    ),
    Mutation(
        name="a run that was killed keeps its month for ever",
        rule="PROOF-4",
        file="tally/domain/book/edition.py",
        edits=(
            Edit(
                before=" and self.claim.run != but and now < self.claim.until",
                after=" and self.claim.run != but",
            ),
        ),
        why="Whoever has announced an edition writes it.",
        tests=("tests/functional/test_books_killed.py",),
    ),
    Mutation(
        name="a book is final though somebody is missing in it",
        rule="SAFE-5",
        file="tally/publishing/write_edition.py",
        edits=(Edit(before="whole = drawn.lacking(unreadable)", after="whole = drawn"),),
        why="No record of the month is open.",
        tests=("tests/functional/test_books.py",),
    ),
    Mutation(
        name="a PDF keeps what the one before it has drawn",
        rule="PROOF-4",
        file="tally/statements/pdf/letters.py",
        edits=(
            Edit(
                before="            if _FIRST_PRIVATE not in _fonts[name].face.charToGlyph:\n"
                "                continue\n"
                "            _fonts[name].unregister()\n",
                after="            continue\n",
            ),
        ),
        why="A font is read once.",
        tests=("tests/functional/test_statement_pdf.py::test_the_same_in_another_process",),
    ),
    Mutation(
        name="a name is read in the direction of English in a PDF",
        rule="SAFE-10",
        file="tally/statements/pdf/letters.py",
        edits=(
            Edit(
                before="base = _direction(of)",
                after='base = "L"',
            ),
        ),
        why="The page is in English.",
        tests=("tests/unit/test_pdf_text.py",),
    ),
    Mutation(
        name="a record that cannot be read is every month's trouble",
        rule="SAFE-5",
        file="tally/domain/record/unreadable.py",
        edits=(Edit(before="or each.month in (None, month):", after="or month:"),),
        why="Who knows what stands in it?",
        tests=("tests/functional/test_books.py",),
    ),
)
