"""PROOF-7: what is attached in ConnectWise is attached once."""

from verification.mutations.mutation import Edit, Mutation

ATTACHING = (
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
                before="mark in each.title or each.file_name == in_file",
                after="self.announced.title[:23] in each.title or each.file_name == in_file",
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
                before="last.numbers == edition.numbers or last.records >= edition.records",
                after="last.records >= edition.records",
            ),
        ),
        why="A later version says something else.",
        tests=("tests/functional/test_attaching.py",),
    ),
    Mutation(
        name="a correction is told from what stands by the statement's version",
        rule="PROOF-7",
        file="tally/domain/attaching/attachment.py",
        edits=(
            Edit(
                before="last.records >= edition.records",
                after="last.version >= edition.version",
            ),
        ),
        why="It is the version in the title, and it rises with each change.",
        tests=("tests/functional/test_attaching_evidence.py",),
    ),
)
