"""ASK-*: bugs that the simulation of tickets must notice by itself."""

from verification.mutations.mutation import Edit, Mutation

ASKING_PLAYED = (
    Mutation(
        name="the member that a note names has given the answer",
        rule="ASK-3",
        file="tally/domain/asking/answer.py",
        edits=(
            Edit(
                before=(
                    "agrees = member == note.created_by.casefold() == note.updated_by.casefold()"
                ),
                after="agrees = bool(note.created_by and note.updated_by)",
            ),
        ),
        why="It is a member with a full licence, and the note is internal.",
    ),
    Mutation(
        name="hints go on as long as notes are no answers",
        rule="ASK-3",
        file="tally/asking/looking.py",
        edits=(
            Edit(
                before="replace(ticket, hinted=True, used=(*ticket.used, *used))",
                after="replace(ticket, used=(*ticket.used, *used))",
            ),
        ),
        why="The note is remembered, so it brings no second hint.",
        seeds=range(3, 27),
    ),
    Mutation(
        name="an answer is taken wherever its ticket is by then",
        rule="ASK-7",
        file="tally/asking/looking.py",
        edits=(
            Edit(
                before=(
                    "    if seen is None or (why := means.why_not_ours(ticket, seen)):\n"
                    "        return means.leave(ticket, words.GONE if seen is None else why)"
                ),
                after="    if seen is None:\n        return means.leave(ticket, words.GONE)",
            ),
        ),
        why="The answer is no less true on another board.",
    ),
)
