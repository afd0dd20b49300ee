"""PROOF-*: what a walk and a look make of a customer's machines."""

from verification.mutations.mutation import Edit, Mutation

EVIDENCE = (
    Mutation(
        name="a look that is read after the month proves the month",
        rule="PROOF-1",
        file="tally/domain/evidence/proofs.py",
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
        file="tally/domain/evidence/proofs.py",
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
        name="a machine that was elsewhere twice came from there the first time",
        rule="PROOF-1",
        file="tally/domain/evidence/whereabouts.py",
        edits=(
            Edit(
                before="self._found[machine_id] = max(first, sighting)",
                after="self._found[machine_id] = first",
            ),
        ),
        why="It is known already that it was there.",
        tests=("tests/unit/test_evidence_laws.py",),
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
        file="tally/domain/evidence/whom_to_ask.py",
        edits=(
            Edit(
                before="if (each.asked or 0) < count]",
                after="if (each.asked or 0) <= count]",
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
        tests=(
            (
                "tests/contract/test_evidence_conformance.py"
                "::test_stopped_anywhere_it_can_be_read_and_saved"
            ),
        ),
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
        tests=(
            (
                "tests/functional/test_evidence_troubles.py"
                "::test_a_person_removes_while_looks_are_made"
            ),
        ),
    ),
    Mutation(
        name="a walk knows the machines of those alone who are billed now",
        rule="PROOF-1",
        file="tally/evidence/walk.py",
        edits=(
            Edit(
                before="for company_id in sorted({*self.counts, *recorded}):",
                after="for company_id in sorted({*self.counts} & {*recorded}):",
            ),
        ),
        why="Nobody walks the others.",
        seeds=range(91_018, 91_019),
    ),
    Mutation(
        name="a month is concluded on the close day alone",
        rule="CLOSE-3",
        file="tally/evidence/walk.py",
        edits=(
            Edit(
                before="if 0 <= at.day - self.close_day < _CONCLUDED_FOR and not after:",
                after="if at.day == self.close_day and not after:",
            ),
        ),
        why="Its walk is the one that is due.",
        tests=("tests/functional/test_evidence.py",),
    ),
    Mutation(
        name="a message is deleted though its work failed",
        rule="SAFE-6",
        file="tally/evidence/drain.py",
        edits=(
            Edit(
                before="            ended.error = error\n",
                after="            ended.error = error\n            self.queue.delete(receipt)\n",
            ),
        ),
        why="The error is told, and the next walk asks again.",
        tests=("tests/functional/test_evidence_handler.py",),
    ),
    Mutation(
        name="a run of jobs goes past its time",
        rule="SAFE-6",
        file="tally/evidence/drain.py",
        edits=(Edit(before="        while self.has_time():\n", after="        while True:\n"),),
        why="Each job is short, and the queue is empty soon.",
        tests=("tests/functional/test_evidence_handler.py",),
    ),
)
