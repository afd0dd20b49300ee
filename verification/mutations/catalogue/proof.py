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
        name="a lost document is believed missing at once",
        rule="PROOF-7",
        file="tally/domain/attaching/attachment.py",
        edits=(
            Edit(
                before="else self.announced.at + settle",
                after="else self.announced.at",
            ),
        ),
        why="It was announced, so whoever comes later may look and add it.",
        tests=("tests/functional/test_attaching_killed.py",),
    ),
    Mutation(
        name="an announcement that has settled is taken over without a word",
        rule="PROOF-7",
        file="tally/attaching/attach_one.py",
        edits=(
            Edit(
                before=(
                    "known = self.attachments.save_attachment(known.renew(at=self.clock.now()))"
                ),
                after="known = known.renew(at=self.clock.now())",
            ),
        ),
        why="The list is read again before anything is added.",
        tests=("tests/functional/test_attaching_killed.py",),
    ),
    Mutation(
        name="a document of the month's words is ours",
        rule="PROOF-7",
        file="tally/domain/attaching/attachment.py",
        edits=(
            Edit(
                before="ours = (each for each in documents if mark in each.title)",
                after=(
                    "words = self.announced.title[:23]\n"
                    "        ours = (each for each in documents if words in each.title)"
                ),
            ),
        ),
        why="A person would look for the title as well.",
        tests=("tests/functional/test_attaching.py",),
    ),
    Mutation(
        name="every new version of a statement is a correction",
        rule="PROOF-7",
        file="tally/domain/attaching/attachment.py",
        edits=(
            Edit(
                before="last.numbers == edition.numbers or last.version >= edition.version",
                after="last.version >= edition.version",
            ),
        ),
        why="A later version says something else.",
        tests=("tests/functional/test_attaching.py",),
    ),
)
