"""Bugs in the five questions, one by one, and in how an earlier version's ledger is read."""

from verification.mutations.mutation import Edit, Mutation

QUESTIONS = (
    Mutation(
        name="the word of before counts beside the new one",
        rule="READ-7",
        file="tally/domain/record/usage_record.py",
        edits=(
            Edit(
                before="            replaced |= LAST_WORDS\n",
                after="            replaced |= set()\n",
            ),
        ),
        why="Each ruling has its own name, so they do not clash.",
        tests=("tests/unit/test_owed.py",),
    ),
    Mutation(
        name="a rejected fall is over at what was confirmed",
        rule="READ-7",
        file="tally/domain/facts/owed.py",
        edits=(
            Edit(
                before="return record.stands if count < record.highest else count",
                after="return record.stands if count < record.stands else count",
            ),
        ),
        why="What stands is what was confirmed.",
        tests=("tests/unit/test_owed.py",),
    ),
    Mutation(
        name="what was left out is asked again for its floor",
        rule="LATE-2",
        file="tally/domain/facts/owed.py",
        edits=(
            Edit(
                before="    if _is_left_out(record, total):\n        total = record.stands\n",
                after="",
            ),
        ),
        why="The count was left out already, a line above.",
        tests=("tests/unit/test_owed.py",),
    ),
    Mutation(
        name="an emptied invoice date lets a frozen line grow",
        rule="LATE-1",
        file="tally/domain/facts/place.py",
        edits=(
            Edit(
                before="if why or agreement.next_invoice is None:",
                after="if why:",
            ),
        ),
        why="Without a date nothing has been invoiced.",
        tests=("tests/unit/test_where_a_line_stands.py",),
    ),
    Mutation(
        name="the agreement is billed as it was listed",
        rule="OPEN-7",
        file="tally/domain/facts/place.py",
        edits=(
            Edit(
                before="offer, agreement, when = facts.offer, facts.offered, facts.when",
                after="offer, agreement, when = facts.offer, facts.offer.agreement, facts.when",
            ),
        ),
        why="The offer has it.",
        tests=("tests/unit/test_where_a_line_stands.py",),
    ),
    Mutation(
        name="a job that follows a line speaks of the next one's place",
        rule="LATE-2",
        file="tally/domain/facts/place.py",
        edits=(
            Edit(
                before="if facts.offer.permit is None and not isinstance(place, Place):",
                after="if facts.offer.permit is None and place is None:",
            ),
        ),
        why="It has an agreement, and that has ended.",
        tests=("tests/functional/test_restored_lines.py",),
    ),
    Mutation(
        name="terms are carried over before the count is written",
        rule="OPEN-5",
        file="tally/domain/decision/wanted.py",
        edits=(
            Edit(
                before=(
                    "if asked or (record.hold is None and (move is None or isinstance(move, "
                    "Close))):"
                ),
                after="if asked or record.hold is None:",
            ),
        ),
        why="Both are to be written; one of them is first.",
        tests=("tests/unit/test_wanted.py",),
    ),
    Mutation(
        name="late usage is asked of a person at once",
        rule="LATE-2",
        file="tally/domain/decision/may_write.py",
        edits=(
            Edit(
                before=(
                    "    if record.is_standing and not case.closing:\n        return "
                    "told_late(case)\n    why"
                ),
                after="    why",
            ),
        ),
        why="The sooner it is asked, the sooner it is answered.",
        tests=("tests/unit/test_wanted.py",),
    ),
    Mutation(
        name="what was given is taken over after its invoice",
        rule="OPEN-6",
        file="tally/domain/decision/may_write.py",
        edits=(
            Edit(
                before="    refused,\n    given_too_late,\n",
                after="    refused,\n",
            ),
        ),
        why="A person has said so.",
        tests=("tests/unit/test_wanted.py",),
    ),
    Mutation(
        name="an echo excuses every other field",
        rule="FOLLOW-3",
        file="tally/domain/facts/sighting.py",
        edits=(
            Edit(
                before="        found = beside_quantity(found)\n",
                after="        found = ()\n",
            ),
        ),
        why="The list is old, so all of it is.",
        tests=("tests/unit/test_sighting.py",),
    ),
    Mutation(
        name="a copy on another agreement is overlooked",
        rule="OPEN-1",
        file="tally/domain/facts/sighting.py",
        edits=(
            Edit(
                before="for each in (*near, *far) if",
                after="for each in near if",
            ),
        ),
        why="Ours is where we made it.",
        tests=("tests/unit/test_sighting.py",),
    ),
    Mutation(
        name="late usage of the month before is a stranger",
        rule="OPEN-6",
        file="tally/domain/facts/sighting.py",
        edits=(
            Edit(
                before="return not voided and not _is_late_line(addition, key)",
                after="return not voided",
            ),
        ),
        why="It bears no reference of this month.",
        tests=("tests/unit/test_sighting.py",),
    ),
    Mutation(
        name="a hold is lifted on an echo",
        rule="FOLLOW-3",
        file="tally/domain/decision/reconcile.py",
        edits=(
            Edit(
                before="    head_echoes,\n    put_right,\n",
                after="    put_right,\n    head_echoes,\n",
            ),
        ),
        why="What is shown is what we wrote, some time.",
        tests=("tests/unit/test_reconcile.py",),
    ),
    Mutation(
        name="others are looked for once ours is written",
        rule="OPEN-6",
        file="tally/domain/decision/reconcile.py",
        edits=(
            Edit(
                before="    head_lost,\n    strangers,\n",
                after="    head_lost,\n",
            ),
            Edit(
                before="    claim,\n    head_echoes,",
                after="    claim,\n    strangers,\n    head_echoes,",
            ),
        ),
        why="It is the same list, whenever it is read.",
        tests=("tests/unit/test_reconcile.py",),
    ),
    Mutation(
        name="what was claimed is written though another number is wanted",
        rule="SAFE-3",
        file="tally/domain/decision/reconcile.py",
        edits=(
            Edit(
                before=(
                    "    if not scene.claim_is_wanted:\n"
                    "        return Record(\n            write_changes.dropped"
                ),
                after=(
                    "    if scene.wanted.write is None:\n"
                    "        return Record(\n            write_changes.dropped"
                ),
            ),
        ),
        why="The next tick puts it right.",
        tests=("tests/unit/test_reconcile.py",),
    ),
    Mutation(
        name="a line is asked about on its day before it is frozen",
        rule="LATE-1",
        file="tally/domain/decision/look.py",
        edits=(
            Edit(
                before="    if isinstance(wanted.move, Freeze):\n",
                after="    if due is None:\n",
            ),
        ),
        why="The daily look is due, and it looks.",
        tests=("tests/unit/test_reconcile.py",),
    ),
    Mutation(
        name="a record of a later version is read as far as it goes",
        rule="SAFE-5",
        file="tally/ledger/record_codec.py",
        edits=(
            Edit(
                before="    if schema != SCHEMA:\n",
                after="    if schema is None:\n",
            ),
        ),
        why="What is new there is left out anyway.",
        tests=("tests/functional/test_unreadable_items.py",),
    ),
    Mutation(
        name="an intent of the version before is not taken along",
        rule="SAFE-2",
        file="tally/ledger/upgrade.py",
        edits=(
            Edit(
                before='        ("claim", _claim(old, month)),\n',
                after="",
            ),
        ),
        why="Nobody deploys while a job runs.",
        tests=("tests/functional/test_deployed_mid_month.py",),
    ),
    Mutation(
        name="all that stood before the deployment is late usage",
        rule="LATE-2",
        file="tally/ledger/upgrade.py",
        edits=(
            Edit(
                before='if each["number"] < line["number"]]',
                after='if each["number"] != line["number"]]',
            ),
        ),
        why="A line that others stand beside is a further one.",
        tests=("tests/functional/test_deployed_mid_month.py",),
    ),
)
