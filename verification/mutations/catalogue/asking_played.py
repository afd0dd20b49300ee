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
                    "    if (why := means.why_not_ours(ticket, seen)) or seen is None:\n"
                    "        return means.leave(ticket, why)"
                ),
                after="    if seen is None:\n        return means.leave(ticket, words.GONE)",
            ),
        ),
        why="The answer is no less true on another board.",
    ),
    Mutation(
        name="a contact is no reason to leave a ticket",
        rule="ASK-2",
        file="tally/domain/asking/still_ours.py",
        edits=(
            Edit(
                before="(seen.contact_id is not None or seen.mails, words.MAY_MAIL)",
                after="(seen.mails, words.MAY_MAIL)",
            ),
        ),
        why="Flags mail, and notifications are off.",
        seeds=range(3, 27),
    ),
    Mutation(
        name="a ticket that was told to close is closed",
        rule="ASK-6",
        file="tally/asking/closing.py",
        edits=(
            Edit(
                before="    return _over(means, ticket) if seen.closed else _is_left_open(",
                after="    return _over(means, ticket) if seen else _is_left_open(",
            ),
        ),
        why="ConnectWise has answered 200.",
        seeds=range(3, 27),
    ),
    Mutation(
        name="a member is looked up once",
        rule="ASK-3",
        file="tally/connectwise/tickets/client.py",
        edits=(
            Edit(
                before="        self._calls = calls\n",
                after="        self._calls, self._known = calls, {}\n",
            ),
            Edit(
                before="        # Two of one name: nobody can tell who wrote.\n"
                "        return found[0] if len(found) == 1 else None\n",
                after="        one = found[0] if len(found) == 1 else None\n"
                "        return self._known.setdefault(wanted, one)\n",
            ),
        ),
        why="Licences seldom change, and it saves a call.",
        seeds=range(3, 27),
    ),
    Mutation(
        name="what is open takes no place",
        rule="ASK-8",
        file="tally/asking/round.py",
        edits=(
            Edit(
                before="room=self.most_open - len(still_open - {words.MORE})",
                after="room=self.most_open",
            ),
        ),
        why="It is the most that a run makes.",
    ),
    Mutation(
        name="an answer that comes too late is told as the one that counted",
        rule="ASK-5",
        file="tally/asking/answering.py",
        edits=(
            Edit(
                before=(
                    "    question = means.question(ticket.subject)\n"
                    "    if question is None:\n"
                    "        return end(means, ticket, means.questions.why_gone(ticket))\n"
                ),
                after=(
                    "    question = means.question(ticket.subject)\n"
                    "    if question is None:\n"
                    "        return end(means, ticket, words.carried_out(given))\n"
                ),
            ),
        ),
        why="The question is gone, so the answer was taken.",
        seeds=range(23, 47),
    ),
)
