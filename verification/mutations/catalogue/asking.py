"""ASK-*: tickets that ask, and notes that answer."""

from verification.mutations.mutation import Edit, Mutation

_KILLED = "tests/functional/test_asking_killed.py"
_ASKED = "tests/functional/test_asking.py"
_BEHIND = "tests/functional/test_asking_behind_our_back.py"
_RACES = "tests/functional/test_asking_races.py"
_RESTORED = "tests/functional/test_asking_restored.py"
_LOAD = "tests/functional/test_asking_load.py"
_CLIENT = "tests/unit/test_connectwise_client_tickets.py"
_ODD = "tests/unit/test_connectwise_client_tickets_odd.py"

ASKING = (
    Mutation(
        name="a ticket that was announced is made without a search",
        rule="ASK-1",
        file="tally/asking/making.py",
        edits=(
            Edit(
                before=(
                    "    found = means.tickets.find(ticket.reference, "
                    "company_id=ticket.connectwise_id)\n"
                    "    if found:"
                ),
                after="    found: list[SeenTicket] = []\n    if found:",
            ),
        ),
        why="The ledger says that it is not made yet.",
        tests=(_BEHIND,),
    ),
    Mutation(
        name="a question is taken from the list that was read before the answers",
        rule="ASK-1",
        file="tally/asking/round.py",
        edits=(
            Edit(
                before="partial(_begun, means, subject, connectwise_id)",
                after="partial(_begun, means, question, connectwise_id)",
            ),
            Edit(
                before="def _begun(means: Means, subject: Subject, connectwise_id: int)",
                after="def _begun(means: Means, asked: Question | Subject, connectwise_id: int)",
            ),
            Edit(
                before="    before = means.memory.ticket(subject)",
                after=(
                    "    is_known = isinstance(asked, Question)\n"
                    "    subject = asked.subject if is_known else asked\n"
                    "    before = means.memory.ticket(subject)"
                ),
            ),
            Edit(
                before="    question = means.question(subject)",
                after="    question = asked if is_known else means.question(subject)",
            ),
        ),
        why="It was read a second ago.",
        tests=(_ASKED,),
    ),
    Mutation(
        name="two conditions find a ticket",
        rule="ASK-1",
        file="tally/connectwise/tickets/client.py",
        edits=(
            Edit(
                before="conditions=f'externalXRef=\"{reference}\"'",
                after="conditions=f'externalXRef=\"{reference}\" and company/id={company_id}'",
            ),
        ),
        why="Public client code searches so, and it spares rows.",
        tests=(_CLIENT,),
    ),
    Mutation(
        name="a contact that came by itself stays",
        rule="ASK-2",
        file="tally/asking/making.py",
        edits=(
            Edit(
                before="if why == words.MAY_MAIL:",
                after="if why == words.MAY_MAIL and seen.contact_id is None:",
            ),
        ),
        why="No contact was sent, so only flags can be wrong.",
        tests=(_BEHIND,),
    ),
    Mutation(
        name="notifications are left to ConnectWise",
        rule="ASK-2",
        file="tally/connectwise/tickets/sent.py",
        edits=(
            Edit(
                before='    operations = {"processNotifications": False, **values}',
                after="    operations = {**values}",
            ),
        ),
        why="There is no contact whom it could mail.",
        tests=(_CLIENT,),
    ),
    Mutation(
        name="whom a note names has written it",
        rule="ASK-3",
        file="tally/domain/asking/answer.py",
        edits=(
            Edit(
                before="member == note.created_by.casefold() == note.updated_by.casefold()",
                after='member != ""',
            ),
        ),
        why="The field is called member.",
        tests=(_ASKED,),
    ),
    Mutation(
        name="a member whose flag is not told is active",
        rule="ASK-3",
        file="tally/connectwise/tickets/rows.py",
        edits=(
            Edit(
                before="active=self.inactive_flag is False", after="active=not self.inactive_flag"
            ),
        ),
        why="Most members are.",
        tests=(_ODD,),
    ),
    Mutation(
        name="a note that is also a discussion is internal",
        rule="ASK-3",
        file="tally/connectwise/tickets/rows.py",
        edits=(
            Edit(
                before="internal=self.internal_analysis_flag is True and not others",
                after="internal=self.internal_analysis_flag is True",
            ),
        ),
        why="The flag for internal notes is set.",
        tests=(_ODD,),
    ),
    Mutation(
        name="the record that is answered is not compared with the question",
        rule="ASK-4",
        file="tally/asking/answering.py",
        edits=(
            Edit(
                before=(
                    'return "" if asked is not None and asked.about == given.about else words.MOVED'
                ),
                after='return "" if asked is not None else words.MOVED',
            ),
        ),
        why="The question was read in this very run.",
        tests=(_RACES,),
    ),
    Mutation(
        name="of two answers that differ the first one counts",
        rule="ASK-4",
        file="tally/domain/asking/next_step.py",
        edits=(
            Edit(
                before="if len({(each.option, each.number) for each in given}) > 1:",
                after="if not given and moved:",
            ),
        ),
        why="Whoever answers first has answered.",
        tests=(_ASKED,),
    ),
    Mutation(
        name="an answer is carried out before it is written down",
        rule="ASK-5",
        file="tally/asking/answering.py",
        edits=(
            Edit(
                before=(
                    "    return carry_out(means, means.memory.save_ticket(taken), noted, question)"
                ),
                after=(
                    "    _give(means, taken, noted)\n"
                    "    return end(means, taken, words.carried_out(noted))"
                ),
            ),
        ),
        why="The record's own version keeps it from being done twice.",
        tests=(_KILLED,),
    ),
    Mutation(
        name="the last word is written again after a lost answer",
        rule="ASK-6",
        file="tally/asking/closing.py",
        edits=(
            Edit(
                before="if written(ticket, notes, ticket.word) is not None:",
                after="if not (fresh or means.is_settled(ticket.announced)):",
            ),
            Edit(
                before="        if not means.is_settled(ticket.announced):\n"
                "            return None\n",
                after="",
            ),
        ),
        why="A note too many does no harm.",
        tests=(_KILLED,),
    ),
    Mutation(
        name="a ticket that a rule reopens is closed for ever",
        rule="ASK-6",
        file="tally/asking/closing.py",
        edits=(
            Edit(
                before=(
                    "is_late = ticket.changed is not None and means.now - ticket.changed >= DAY"
                ),
                after="is_late = ticket.changed is None",
            ),
        ),
        why="Some day the rule will be gone.",
        tests=(_BEHIND,),
    ),
    Mutation(
        name="a 404 is a ticket that is gone",
        rule="ASK-7",
        file="tally/connectwise/tickets/client.py",
        edits=(
            Edit(
                before="            self._is_not_listed(ticket_id)\n",
                after="",
            ),
        ),
        why="It is what the status means.",
        tests=(_CLIENT,),
    ),
    Mutation(
        name="a ticket is followed to another board",
        rule="ASK-7",
        file="tally/domain/asking/still_ours.py",
        edits=(Edit(before="        (seen.board_id != board_id, words.OTHER_BOARD),\n", after=""),),
        why="It is the same ticket.",
        tests=(_BEHIND,),
    ),
    Mutation(
        name="a hint is given where nothing can be answered",
        rule="ASK-8",
        file="tally/asking/looking.py",
        edits=(
            Edit(
                before="near = near_misses(ticket, notes, given) if question.options else []",
                after="near = near_misses(ticket, notes, given)",
            ),
        ),
        why="Whoever writes there wants an answer.",
        tests=(_LOAD,),
    ),
    Mutation(
        name="a closed ticket that bears the reference is gone on with",
        rule="ASK-4",
        file="tally/asking/making.py",
        edits=(
            Edit(
                before="is_open = [each for each in found if not each.closed]",
                after="is_open = list(found)",
            ),
        ),
        why="It is found by its reference, as ASK-1 says.",
        tests=(_RESTORED,),
    ),
    Mutation(
        name="a code follows from the question alone",
        rule="ASK-4",
        file="tally/domain/asking/question.py",
        edits=(Edit(before="{edition}\\n{at.isoformat()}\\n", after="{edition}\\n"),),
        why="The ledger counts editions, and never counts backwards.",
        tests=(_RESTORED,),
    ),
    Mutation(
        name="a ticket's reference names the stack alone",
        rule="ASK-1",
        file="tally/domain/asking/question.py",
        edits=(
            Edit(
                before='return f"{stack}-{mark}"',
                after="return stack",
            ),
        ),
        why="CloudFormation has no two stacks of one name.",
        tests=("tests/functional/test_asking_two_stacks.py",),
    ),
    Mutation(
        name="of two answers in one note the first one counts",
        rule="ASK-3",
        file="tally/domain/asking/answer.py",
        edits=(
            Edit(
                before=" or says_otherwise(note.text, question, ticket.code, option):",
                after=":",
            ),
        ),
        why="The first line is exactly an answer's.",
        tests=("tests/unit/test_asking_answers.py",),
    ),
    Mutation(
        name="a refused ticket is tried where it was refused",
        rule="ASK-1",
        file="tally/asking/making.py",
        edits=(
            Edit(
                before="    if place != ticket.connectwise_id:\n",
                after="    if place == 0:\n",
            ),
        ),
        why="The ledger has announced it there.",
        tests=(_BEHIND,),
    ),
    Mutation(
        name="a ticket that others closed stays so",
        rule="ASK-6",
        file="tally/asking/closing.py",
        edits=(
            Edit(
                before="return _closed_by_others(means, told) if seen.closed else",
                after="return _over(means, told) if seen.closed else",
            ),
        ),
        why="It was read a moment ago, and its status is theirs.",
        tests=(_BEHIND,),
    ),
    Mutation(
        name="a ticket whose making failed takes no place",
        rule="ASK-8",
        file="tally/asking/round.py",
        edits=(
            Edit(
                before="return _guarded(subject, done, making, otherwise=_Came.TAKEN)",
                after="return _guarded(subject, done, making, otherwise=_Came.NOT_DUE)",
            ),
        ),
        why="There is no ticket.",
        tests=(_LOAD,),
    ),
)
