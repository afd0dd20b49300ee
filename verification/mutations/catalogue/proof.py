"""PROOF-*: a statement says what is known, and no more."""

from verification.mutations.mutation import Edit, Mutation

PROOF = (
    Mutation(
        name="a statement knows that no machine was proven",
        rule="PROOF-3",
        file="tally/domain/statement/statement.py",
        edits=(Edit(before="    proven: int | None = None", after="    proven: int | None = 0"),),
        why="A number that nobody has recorded is nothing.",
        tests=("tests/functional/test_statements.py",),
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
        name="a look that is read after the month proves the month",
        rule="PROOF-1",
        file="tally/domain/evidence/looks.py",
        edits=(
            Edit(
                before="    if not month.starts <= seen.at <= look.read < month.next.starts:",
                after="    if not month.starts <= seen.at <= min(look.read, month.next.starts):",
            ),
        ),
        why="The machine was seen in the month; when that was read seems to be all the same.",
        tests=("tests/unit/test_evidence_laws.py",),
    ),
    Mutation(
        name="a machine that moved in is proven by what it did elsewhere",
        rule="PROOF-1",
        file="tally/domain/evidence/looks.py",
        edits=(
            Edit(
                before=(
                    "    if machine.moved_in is not None and seen.at <= machine.moved_in:\n"
                    "        return None\n"
                ),
                after="",
            ),
        ),
        why="The details name the company, and it is the right one.",
        tests=("tests/functional/test_evidence.py",),
    ),
    Mutation(
        name="who is missing from the root's walk has no machines",
        rule="READ-9",
        file="tally/evidence/walk.py",
        edits=(
            Edit(
                before="        if rows is None and self.rows is not None and not "
                "self._has_machines(company_id):",
                after="        if rows is None and self.rows is not None:",
            ),
        ),
        why="The walk was read to its end.",
        tests=("tests/functional/test_evidence_troubles.py",),
    ),
    Mutation(
        name="a machine that was asked about in vain is asked about every day",
        rule="PROOF-1",
        file="tally/domain/evidence/looks.py",
        edits=(
            Edit(
                before="if last or each.asked is None or each.asked < count),",
                after="if last or each.asked is None or each.asked <= count),",
            ),
        ),
        why="It may have connected since.",
        tests=("tests/unit/test_evidence_laws.py",),
    ),
    Mutation(
        name="parts of the edition before are deleted before the head is written",
        rule="PROOF-2",
        file="tally/ledger/evidence/evidence_table.py",
        edits=(
            Edit(
                before="        before = self._put_head(head, expected=evidence.version)\n"
                "        self._delete_parts(company_id, month, before)\n",
                after="        before = self._item(_head_key(company_id, month)) or {}\n"
                "        self._delete_parts(company_id, month, before)\n"
                "        self._put_head(head, expected=evidence.version)\n",
            ),
        ),
        why="Without them first, nothing is left over if the function is stopped.",
        tests=("tests/contract/test_evidence_conformance.py",),
    ),
    Mutation(
        name="evidence that a person removed comes back by a look",
        rule="PROOF-5",
        file="tally/evidence/look.py",
        edits=(
            Edit(
                before="            lambda now: None if now is None else with_looks(now, found, "
                "count=self.count),",
                after="            lambda now: with_looks(\n"
                "                now or replace(self.evidence, version=0),\n"
                "                found,\n"
                "                count=self.count,\n"
                "            ),",
            ),
            Edit(
                before="from dataclasses import dataclass, field\n",
                after="from dataclasses import dataclass, field, replace\n",
            ),
        ),
        why="What was found must not be lost.",
        tests=("tests/functional/test_evidence_troubles.py",),
    ),
)
