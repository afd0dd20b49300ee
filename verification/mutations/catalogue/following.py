"""FOLLOW-* and CLOSE-*: the count through the month, and its end."""

from verification.mutations.mutation import Edit, Mutation

FOLLOWING = (
    Mutation(
        name="a look that failed is not made up for",
        rule="FOLLOW-5",
        file="tally/worker/sync.py",
        edits=(
            Edit(
                before="        say = rounds.run()\n",
                after=(
                    "        progress.looked.add(record.key.scope)\n        say = rounds.run()\n"
                ),
            ),
        ),
        why="The job is there to look, so it is noted where it begins.",
        tests=("tests/functional/test_daily_look.py",),
    ),
    Mutation(
        name="nobody looks on the eve of an invoice",
        rule="FOLLOW-5",
        file="tally/domain/planning/look_schedule.py",
        edits=(Edit(before="        return seen < eve\n", after="        return False\n"),),
        why="It has been looked at on that day.",
        tests=("tests/functional/test_daily_look.py",),
    ),
    Mutation(
        name="an Addition that somebody changed is overwritten",
        rule="FOLLOW-3",
        file="tally/domain/decision/reconcile.py",
        edits=(
            Edit(
                before="isinstance(scene.head[1], Changed):",
                after="isinstance(scene.head[1], Changed) or scene.claim_is_wanted:",
            ),
        ),
        why="What is about to be written is right, whatever stands there.",
        tests=("tests/functional/test_following_changed.py",),
    ),
    Mutation(
        name="a cancelled date that somebody changed is overlooked",
        rule="FOLLOW-3",
        file="tally/domain/facts/as_written.py",
        edits=(
            Edit(
                before="(Field.CANCELLED, it.cancelled, place.cancelled),",
                after=(
                    "(Field.CANCELLED, it.cancelled or place.cancelled, max(it.cancelled or "
                    "place.cancelled, month.first)),"
                ),
            ),
        ),
        why="Only one that ends before the month seems to matter.",
        seeds=range(12, 36),
    ),
    Mutation(
        name="an effective date that somebody changed is overlooked",
        rule="FOLLOW-3",
        file="tally/domain/facts/as_written.py",
        edits=(
            Edit(before="        (Field.EFFECTIVE, it.effective, place.effective),\n", after=""),
        ),
        why="It says when billing begins, and that has begun.",
        tests=("tests/functional/test_following_changed.py",),
    ),
    Mutation(
        name="the answer to a POST is taken for what was sent",
        rule="OPEN-3",
        file="tally/domain/decision/write_changes.py",
        edits=(
            Edit(
                before=(
                    "    after = replace(after, hold=not_as_written(after, line, it, facts))\n    "
                    "if not taken and isinstance(before, Terms):"
                ),
                after=(
                    "    after = replace(after, hold=None)\n    if not taken and "
                    "isinstance(before, Terms):"
                ),
            ),
        ),
        why="ConnectWise answered 201.",
        tests=("tests/functional/test_as_written.py",),
    ),
    Mutation(
        name="another Addition that appears beside ours is ignored",
        rule="FOLLOW-3",
        file="tally/domain/decision/reconcile.py",
        edits=(
            Edit(
                before=(
                    "    return record.is_standing and not record.was_voided and scene.opening is "
                    "None"
                ),
                after="    return False",
            ),
        ),
        why="It was looked for when the month was opened.",
        tests=(
            "tests/functional/test_opening_foreign.py::test_one_that_appears_later_holds_the_push",
        ),
    ),
    Mutation(
        name="ours that is gone is held within the settle time",
        rule="FOLLOW-3",
        file="tally/domain/facts/sighting.py",
        edits=(
            Edit(before="return Lagging(until, None) if until else Gone()", after="return Gone()"),
        ),
        why="What is not in the list is gone.",
        tests=("tests/unit/test_sighting.py",),
    ),
    Mutation(
        name="growth is compared with the last push, not with the month before",
        rule="FOLLOW-4",
        file="tally/worker/sync.py",
        edits=(
            Edit(
                before=(
                    "        return month_before(\n"
                    "            self.ledger.record(replace(record.key, "
                    "month=record.key.month.previous))\n        )"
                ),
                after=(
                    "        return NO_MONTH_BEFORE._replace(baseline=record.stands if "
                    "record.lines else None)"
                ),
            ),
        ),
        why="It saves a read of the ledger.",
    ),
    Mutation(
        name="growth by percentage or by seats is held",
        rule="FOLLOW-4",
        file="tally/domain/model/policy.py",
        edits=(Edit(before="return by_percent and count", after="return by_percent or count"),),
        why="Two limits read like two reasons.",
    ),
    Mutation(
        name="growth is never held",
        rule="FOLLOW-4",
        file="tally/domain/decision/growth.py",
        edits=(
            Edit(
                before="    return policy.is_beyond(count, baseline=baseline)",
                after="    return said is not None and policy.is_beyond(count, baseline=baseline)",
            ),
        ),
        why="Of two names for a baseline the wrong one.",
    ),
    Mutation(
        name="a month closes when it ends",
        rule="CLOSE-1",
        file="tally/domain/facts/job_facts.py",
        edits=(
            Edit(
                before="self.tick >= self.month.day_after_end(self.policy.close_day)",
                after="self.tick >= self.month.next.starts",
            ),
        ),
        why="The month is over, and GravityZone's late reports are rare.",
    ),
    Mutation(
        name="a month closes before its last reading is pushed",
        rule="CLOSE-2",
        file="tally/domain/decision/may_write.py",
        edits=(
            Edit(
                before=(
                    "if head is None or not isinstance(write, SetQuantity) or write.quantity != "
                    "head.pushed:"
                ),
                after=(
                    "if head is None or not isinstance(write, SetQuantity) or (write.quantity != "
                    "head.pushed and not case.closing):"
                ),
            ),
        ),
        why="After its end a month is not to be changed.",
    ),
    Mutation(
        name="a month closes without being read back",
        rule="CLOSE-2",
        file="tally/domain/decision/closing.py",
        edits=(
            Edit(
                before="return record.state is RecordState.OPEN or not adds_nothing",
                after="return not adds_nothing and record.head is None",
            ),
        ),
        why="ConnectWise has confirmed the quantity already.",
        tests=("tests/unit/test_reconcile.py",),
    ),
    Mutation(
        name="at the close a hold for growth is ignored",
        rule="CLOSE-2",
        file="tally/domain/decision/growth.py",
        edits=(
            Edit(
                before="if isinstance(write, TakeOver) or not is_beyond_baseline(",
                after="if isinstance(write, TakeOver) or case.closing or not is_beyond_baseline(",
            ),
        ),
        why="A month has to close at some time.",
        seeds=range(3, 27),
    ),
    Mutation(
        name="the floor is billed from the first day",
        rule="CLOSE-2",
        file="tally/domain/facts/owed.py",
        edits=(
            Edit(
                before="if closing and policy.bill_minimum else 0",
                after="if policy.bill_minimum else 0",
            ),
        ),
        why="The customer has committed to it.",
        seeds=range(8, 32),
    ),
    Mutation(
        name="a close that was missed for a month is forgotten",
        rule="CLOSE-3",
        file="tally/planner/ledger_snapshot.py",
        edits=(
            Edit(
                before="        else:\n            records[record.key.company_id]",
                after=(
                    "        elif record.key.month >= month.previous:\n            "
                    "records[record.key.company_id]"
                ),
            ),
        ),
        why="There are two months to look after: this one and the last.",
        tests=("tests/functional/test_closing.py::test_a_close_missed_for_months",),
    ),
    Mutation(
        name="a customer without a reading keeps its month open for ever",
        rule="CLOSE-5",
        file="tally/domain/decision/wanted.py",
        edits=(
            Edit(
                before="if not (case.closing or record.is_over) or not record.lines:",
                after="if not record.is_over:",
            ),
        ),
        why="Without a last reading nothing is final.",
    ),
    Mutation(
        name="an excluded customer is opened by a job under way",
        rule="CLOSE-5",
        file="tally/domain/facts/place.py",
        edits=(Edit(before="    if permit.excluded:\n        return Unsaid.PLANNERS\n", after=""),),
        why="The planner makes no job for one that is excluded.",
        tests=("tests/functional/test_set_up.py",),
    ),
    Mutation(
        name="an excluded customer is planned",
        rule="CLOSE-5",
        file="tally/domain/planning/obstacles.py",
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
        file="tally/domain/facts/place.py",
        edits=(
            Edit(
                before=(
                    "if is_invoiced(agreement, line.place.cancelled, facts.when.policy.invoicing):"
                ),
                after=(
                    "if is_invoiced(agreement, line.place.effective, facts.when.policy.invoicing) "
                    "and agreement.cancelled:"
                ),
            ),
        ),
        why="ConnectWise answers 200.",
    ),
    Mutation(
        name="invoices in arrears are taken for ones in advance",
        rule="LATE-1",
        file="tally/domain/model/invoicing.py",
        edits=(
            Edit(
                before="    if invoicing is Invoicing.ADVANCE:",
                after="    if invoicing is Invoicing.ARREARS:",
            ),
        ),
        why="Which period an invoice covers is not told.",
    ),
    Mutation(
        name="late usage is billed without a question",
        rule="LATE-2",
        file="tally/domain/decision/may_write.py",
        edits=(
            Edit(
                before="allowed = ruling is not None and case.total <= ruling.number\n",
                after="allowed = ruling is None or case.total <= ruling.number\n",
            ),
        ),
        why="Nobody has said no.",
        tests=("tests/functional/test_late.py",),
    ),
    Mutation(
        name="a closed month is not read once more",
        rule="CLOSE-4",
        file="tally/domain/record/usage_record.py",
        edits=(
            Edit(
                before="told = closing is not None and closing.reread and closing.credit is None",
                after="told = closing is not None and closing.credit is None",
            ),
        ),
        why="It is closed.",
        tests=("tests/functional/test_late.py",),
    ),
)
