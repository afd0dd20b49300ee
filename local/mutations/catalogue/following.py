"""FOLLOW-* and CLOSE-*: the count through the month, and its end."""

from local.mutations.mutation import Edit, Mutation

FOLLOWING = (
    Mutation(
        name="a look that failed is not made up for",
        rule="FOLLOW-5",
        file="tally/sync.py",
        edits=(
            Edit(
                before="        done: list[str] = []\n",
                after="        done: list[str] = []\n        looked.add(_scope(situation.key))\n",
            ),
        ),
        why="The job is there to look, so it is noted where it begins.",
        tests=("tests/functional/test_daily_look.py",),
    ),
    Mutation(
        name="nobody looks on the eve of an invoice",
        rule="FOLLOW-5",
        file="tally/domain/looking.py",
        edits=(Edit(before="        return seen < eve\n", after="        return False\n"),),
        why="It has been looked at on that day.",
        tests=("tests/functional/test_daily_look.py",),
    ),
    Mutation(
        name="an Addition that somebody changed is overwritten",
        rule="FOLLOW-3",
        file="tally/domain/comparing.py",
        edits=(
            Edit(
                before="if sent or echo_since is not None:",
                after="if sent or echo_since is not None or line.intent is not None:",
            ),
        ),
        why="What is about to be written is right, whatever stands there.",
    ),
    Mutation(
        name="a cancelled date that somebody changed is overlooked",
        rule="FOLLOW-3",
        file="tally/domain/as_written.py",
        edits=(
            Edit(
                before="(Field.CANCELLED, addition.cancelled, line.cancelled),",
                after="(Field.CANCELLED, addition.cancelled or line.cancelled, max(addition.cancelled or line.cancelled, month.first)),",
            ),
        ),
        why="Only one that ends before the month seems to matter.",
        seeds=range(12, 36),
    ),
    Mutation(
        name="an effective date that somebody changed is overlooked",
        rule="FOLLOW-3",
        file="tally/domain/as_written.py",
        edits=(Edit(before="        (Field.EFFECTIVE, addition.effective, line.effective),\n", after=""),),
        why="It says when billing begins, and that has begun.",
        tests=("tests/functional/test_following_changed.py",),
    ),
    Mutation(
        name="the answer to a POST is taken for what was sent",
        rule="OPEN-3",
        file="tally/domain/transitions.py",
        edits=(
            Edit(
                before="    after = replace(after, hold=_not_as_written(situation, after, changed, addition))\n    if addition.id",
                after="    if addition.id",
            ),
        ),
        why="ConnectWise answered 201.",
        tests=("tests/functional/test_as_written.py",),
    ),
    Mutation(
        name="another Addition that appears beside ours is ignored",
        rule="FOLLOW-3",
        file="tally/domain/comparing.py",
        edits=(Edit(before="    if found.foreign:\n", after="    if found.foreign and line.pushed is None:\n"),),
        why="It was looked for when the month was opened.",
        tests=("tests/functional/test_opening_foreign.py::test_one_that_appears_later_holds_the_push",),
    ),
    Mutation(
        name="ours that is gone is held within the settle time",
        rule="FOLLOW-3",
        file="tally/domain/comparing.py",
        edits=(
            Edit(
                before="if line.pushed_at is not None and situation.unsettled(line.pushed_at):",
                after="if line.pushed_at is None:",
            ),
        ),
        why="What is not in the list is gone.",
        tests=("tests/unit/test_decide.py",),
    ),
    Mutation(
        name="growth is compared with the last push, not with the month before",
        rule="FOLLOW-4",
        file="tally/sync.py",
        edits=(
            Edit(
                before="baseline=baseline_of(before),",
                after="baseline=None if record is None or record.line is None else record.line.pushed,",
            ),
        ),
        why="It saves a read of the ledger.",
    ),
    Mutation(
        name="growth by percentage or by seats is held",
        rule="FOLLOW-4",
        file="tally/domain/growth.py",
        edits=(Edit(before="return by_percent and count", after="return by_percent or count"),),
        why="Two limits read like two reasons.",
    ),
    Mutation(
        name="growth is never held",
        rule="FOLLOW-4",
        file="tally/domain/growth.py",
        edits=(
            Edit(before="    return exceeds(quantity", after="    return approved is not None and exceeds(quantity"),
        ),
        why="Of two names for a baseline the wrong one.",
    ),
    Mutation(
        name="a month closes when it ends",
        rule="CLOSE-1",
        file="tally/domain/situation.py",
        edits=(
            Edit(
                before="self.tick >= self.key.month.day_after_end(self.policy.close_day)",
                after="self.tick >= self.key.month.next.starts",
            ),
        ),
        why="The month is over, and GravityZone's late reports are rare.",
    ),
    Mutation(
        name="a month closes before its last reading is pushed",
        rule="CLOSE-2",
        file="tally/domain/following.py",
        edits=(
            Edit(
                before="if quantity != line.pushed:",
                after="if quantity != line.pushed and not situation.closing:",
            ),
        ),
        why="After its end a month is not to be changed.",
    ),
    Mutation(
        name="a month closes without being read back",
        rule="CLOSE-2",
        file="tally/domain/following.py",
        edits=(
            Edit(
                before="        return look_at_all(situation, record, line)\n    return Finished(cause=billing(",
                after="        return close(situation, record, line)\n    return Finished(cause=billing(",
            ),
        ),
        why="ConnectWise has confirmed the quantity already.",
    ),
    Mutation(
        name="at the close a hold for growth is ignored",
        rule="CLOSE-2",
        file="tally/domain/following.py",
        edits=(
            Edit(
                before="and grows_too_fast(situation, wanted):",
                after="and not situation.closing and grows_too_fast(situation, wanted):",
            ),
        ),
        why="A month has to close at some time.",
        seeds=range(3, 27),
    ),
    Mutation(
        name="the floor is billed from the first day",
        rule="CLOSE-2",
        file="tally/domain/target.py",
        edits=(
            Edit(
                before="if situation.closing and situation.policy.bill_minimum and",
                after="if situation.policy.bill_minimum and",
            ),
        ),
        why="The customer has committed to it.",
        seeds=range(8, 32),
    ),
    Mutation(
        name="a close that was missed for a month is forgotten",
        rule="CLOSE-3",
        file="tally/known.py",
        edits=(
            Edit(
                before="        records[record.key.company_id].append(record)",
                after="        if record.key.month >= month.previous:\n            records[record.key.company_id].append(record)",
            ),
        ),
        why="There are two months to look after: this one and the last.",
        tests=("tests/functional/test_closing.py::test_a_close_missed_for_months",),
    ),
    Mutation(
        name="a customer without a reading keeps its month open for ever",
        rule="CLOSE-5",
        file="tally/domain/following.py",
        edits=(
            Edit(
                before="    if situation.closing:\n        return look_at_all(situation, record, line)\n    reason",
                after="    reason",
            ),
        ),
        why="Without a last reading nothing is final.",
    ),
    Mutation(
        name="an excluded customer is opened by a job under way",
        rule="CLOSE-5",
        file="tally/domain/next_line.py",
        edits=(Edit(before=" or (first and facts.excluded):", after=":"),),
        why="The planner makes no job for one that is excluded.",
        tests=("tests/functional/test_set_up.py",),
    ),
    Mutation(
        name="an excluded customer is planned",
        rule="CLOSE-5",
        file="tally/domain/stopped.py",
        edits=(
            Edit(
                before="if (excluded := _excluded(company)) is not None:",
                after="if (excluded := _excluded(company)) is not None and company.records:",
            ),
        ),
        why="What is open is followed, so exclusion seems to be about that.",
    ),
    Mutation(
        name="a line that has been invoiced is pushed to",
        rule="LATE-1",
        file="tally/domain/late.py",
        edits=(
            Edit(
                before="    if is_invoiced(agreement, line.cancelled, situation.policy.invoicing):",
                after="    if is_invoiced(agreement, line.effective, situation.policy.invoicing) and agreement.cancelled:",
            ),
        ),
        why="ConnectWise answers 200.",
    ),
    Mutation(
        name="invoices in arrears are taken for ones in advance",
        rule="LATE-1",
        file="tally/domain/invoicing.py",
        edits=(Edit(before="    if invoicing is Invoicing.ADVANCE:", after="    if invoicing is Invoicing.ARREARS:"),),
        why="Which period an invoice covers is not told.",
    ),
    Mutation(
        name="late usage is billed without a question",
        rule="LATE-2",
        file="tally/domain/late.py",
        edits=(
            Edit(
                before="return record is None or record.late is None or total > record.late",
                after="return record is not None and record.late is not None and total > record.late",
            ),
        ),
        why="Nobody has said no.",
        tests=("tests/functional/test_late.py",),
    ),
    Mutation(
        name="a closed month is not read once more",
        rule="CLOSE-4",
        file="tally/domain/record.py",
        edits=(
            Edit(
                before="self.state is RecordState.CLOSED and self.reread and self.credit is None",
                after="self.state is RecordState.CLOSED and self.credit is None",
            ),
        ),
        why="It is closed.",
        tests=("tests/functional/test_late.py",),
    ),
)
