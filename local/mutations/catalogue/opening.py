"""OPEN-*: the month's Addition, its days, and what stands beside it."""

from local.mutations.mutation import Edit, Mutation

OPENING = (
    Mutation(
        name="an Addition is known by the ledger's id alone",
        rule="OPEN-1",
        file="tally/domain/recognition.py",
        edits=(
            Edit(
                before="if addition.id == wanted_id or (wanted in addition.text and addition.id not in kept_apart):",
                after="if addition.id == wanted_id:",
            ),
        ),
        why="The ledger has the id of each, as long as every answer arrives.",
        seeds=range(2, 26),
    ),
    Mutation(
        name="a month is opened on the day that has come in GMT",
        rule="OPEN-2",
        file="tally/domain/place.py",
        edits=(Edit(before="time.min, tzinfo=zone)", after="time.min, tzinfo=month.starts.tzinfo)"),),
        why="Instants are kept in GMT, and the developers sit in London.",
        seeds=range(9, 33),
    ),
    Mutation(
        name="billStartDate is ignored",
        rule="OPEN-3",
        file="tally/domain/place.py",
        edits=(
            Edit(
                before="(month.first, agreement.starts, agreement.bill_starts)", after="(month.first, agreement.starts)"
            ),
        ),
        why="Hardly ever does it differ from the agreement's start.",
        tests=("tests/unit/test_place.py",),
    ),
    Mutation(
        name="cancelledDate is dropped",
        rule="OPEN-3",
        file="tally/connectwise/writes.py",
        edits=(
            Edit(
                before="body = sent.model_dump_json(by_alias=True)",
                after='body = sent.model_dump_json(by_alias=True, exclude={"cancelled_date"})',
            ),
        ),
        why="ConnectWise does not ask for it.",
    ),
    Mutation(
        name="an Addition ends on the next month's first day",
        rule="OPEN-3",
        file="tally/domain/place.py",
        edits=(Edit(before="cancelled=month.last)", after="cancelled=month.next.first)"),),
        why="Ends are often the first day that is not meant any more.",
    ),
    Mutation(
        name="a month with nobody active yet is not opened",
        rule="OPEN-4",
        file="tally/domain/next_line.py",
        edits=(Edit(before="if situation.only_if_used and reading.value == 0:", after="if reading.value == 0:"),),
        why="An invoice line of 0 looks odd.",
    ),
    Mutation(
        name="a price of 0 is sent",
        rule="OPEN-5",
        file="tally/connectwise/writes.py",
        edits=(
            Edit(
                before="    cancelled_date: SentDay\n    invoice_description: str\n",
                after="    cancelled_date: SentDay\n    invoice_description: str\n    unit_price: int = 0\n",
            ),
        ),
        why="A field of the record with a default, sent though nobody has set it.",
        tests=("tests/unit/test_connectwise_client_writes.py",),
    ),
    Mutation(
        name="an open-ended Addition of others is not seen",
        rule="OPEN-6",
        file="tally/domain/agreement.py",
        edits=(
            Edit(
                before="self.cancelled is None or self.cancelled >= month.first",
                after="self.cancelled is not None and self.cancelled >= month.first",
            ),
        ),
        why="A date that is not there covers nothing, at first sight.",
    ),
    Mutation(
        name="Additions of others are ignored",
        rule="OPEN-6",
        file="tally/domain/opening.py",
        edits=(
            Edit(
                before="    if others := _others(situation, found.foreign):",
                after="    if (others := _others(situation, found.foreign)) and situation.record is None:",
            ),
        ),
        why="By the time of the look there is a record, with the intent.",
    ),
    Mutation(
        name="what a person keeps apart is held again",
        rule="OPEN-6",
        file="tally/domain/recognition.py",
        edits=(Edit(before=" or addition.id in kept_apart:", after=":"),),
        why="The hold was lifted by the answer, was it not?",
        tests=("tests/functional/test_foreign_answers.py",),
    ),
    Mutation(
        name="another Addition than the one given is taken over",
        rule="OPEN-6",
        file="tally/domain/opening.py",
        edits=(
            Edit(
                before="[addition for addition in foreign if addition.id != given]",
                after="[] if given is not None else foreign",
            ),
        ),
        why="There is only one of others, mostly.",
        tests=("tests/functional/test_foreign_answers.py",),
    ),
    Mutation(
        name="a waived month is opened all the same",
        rule="OPEN-6",
        file="tally/domain/decide.py",
        edits=(Edit(before="if record.settled or (over", after="if (over"),),
        why="There used to be two states.",
        tests=("tests/unit/test_decide.py",),
    ),
    Mutation(
        name="the agreement is not read again before the POST",
        rule="OPEN-7",
        file="tally/domain/opening.py",
        edits=(Edit(before="transition=intent, reread=True, also=also", after="transition=intent, also=also"),),
        why="The planner has just listed it, and it saves a call.",
        tests=("tests/functional/test_races.py::test_agreement_changed_between_list_and_post",),
    ),
    Mutation(
        name="jobs out of a dead-letter queue open forgotten months",
        rule="OPEN-7",
        file="tally/domain/next_line.py",
        edits=(
            Edit(
                before="    if facts.newest_tick - situation.tick > _OPENS_FOR:\n        return NoWord.STAYS\n",
                after="",
            ),
        ),
        why="A job is a job.",
        tests=("tests/functional/test_late_jobs.py",),
    ),
    Mutation(
        name="the month before the first is opened too",
        rule="OPEN-8",
        file="tally/domain/planning.py",
        edits=(Edit(before="if month < first_month:", after="if month.next < first_month:"),),
        why="The month before is opened late in every other month.",
        seeds=range(5, 29),
    ),
    Mutation(
        name="a past month is opened for whoever is licensed now",
        rule="OPEN-9",
        file="tally/domain/planning.py",
        edits=(
            Edit(
                before="seen_licensed = company.standing is not None and month in company.standing.licensed_in",
                after="seen_licensed = company.standing is not None",
            ),
        ),
        why="It is licensed, so it was.",
        seeds=range(13, 37),
    ),
    Mutation(
        name="a month is opened late without end",
        rule="OPEN-9",
        file="tally/domain/situation.py",
        edits=(Edit(before="self.tick >= self.key.month.day_after_end(self.policy.open_until_day)", after="False"),),
        why="The planner minds the day already, and no job is ever late.",
        tests=("tests/functional/test_opening_months.py",),
    ),
)
