"""OPEN-*: the month's Addition, its days, and what stands beside it."""

from verification.mutations.mutation import Edit, Mutation

OPENING = (
    Mutation(
        name="an Addition is known by the ledger's id alone",
        rule="OPEN-1",
        file="tally/domain/facts/sighting.py",
        edits=(
            Edit(
                before="        for mark in _OF_TALLY.findall(addition.text):\n",
                after='        for mark in _OF_TALLY.findall(""):\n',
            ),
            Edit(
                before="marked = (each for each in looked.additions if mark in each.text)",
                after="marked = (each for each in looked.additions if mark in each.updated_by)",
            ),
        ),
        why="The ledger has the id of each, as long as every answer arrives.",
        seeds=range(2, 26),
    ),
    Mutation(
        name="one copy of a voided line is set to 0, and the others are billed",
        rule="OPEN-1",
        file="tally/domain/decision/reconcile.py",
        edits=(Edit(before="copies=standing[1:])", after="copies=())"),),
        why="Each line of ours has one Addition.",
        tests=("tests/unit/test_reconcile.py",),
    ),
    Mutation(
        name="a month is opened on the day that has come in GMT",
        rule="OPEN-2",
        file="tally/domain/model/service_period.py",
        edits=(
            Edit(before="time.min, tzinfo=zone)", after="time.min, tzinfo=month.starts.tzinfo)"),
        ),
        why="Instants are kept in GMT, and the developers sit in London.",
        seeds=range(9, 33),
    ),
    Mutation(
        name="billStartDate is ignored",
        rule="OPEN-3",
        file="tally/domain/model/service_period.py",
        edits=(
            Edit(
                before="(month.first, agreement.starts, agreement.bill_starts)",
                after="(month.first, agreement.starts)",
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
        file="tally/domain/model/service_period.py",
        edits=(Edit(before="cancelled=month.last)", after="cancelled=month.next.first)"),),
        why="Ends are often the first day that is not meant any more.",
    ),
    Mutation(
        name="a month with nobody active yet is not opened",
        rule="OPEN-4",
        file="tally/domain/decision/may_write.py",
        edits=(
            Edit(
                before="if case.facts.offer.only_if_used and case.counted == 0:",
                after="if case.counted == 0 and not record.lines:",
            ),
        ),
        why="An invoice line of 0 looks odd.",
    ),
    Mutation(
        name="a price of 0 is sent",
        rule="OPEN-5",
        file="tally/connectwise/writes.py",
        edits=(
            Edit(
                before="    cancelled_date: SentDay\n    invoice_description: str\n",
                after=(
                    "    cancelled_date: SentDay\n    invoice_description: str\n    unit_price: "
                    "int = 0\n"
                ),
            ),
        ),
        why="A field of the record with a default, sent though nobody has set it.",
        tests=("tests/unit/test_connectwise_client_writes.py",),
    ),
    Mutation(
        name="an open-ended Addition of others is not seen",
        rule="OPEN-6",
        file="tally/domain/model/agreement.py",
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
        file="tally/domain/decision/reconcile.py",
        edits=(
            Edit(
                before=(
                    "    if isinstance(scene.wanted.write, Create | TakeOver) and (\n"
                    "        record.claim or record.held_by_connectwise\n"
                    "    ):"
                ),
                after=(
                    "    if isinstance(scene.wanted.write, Create | TakeOver) and (\n"
                    "        record.version == 0\n"
                    "    ):"
                ),
            ),
        ),
        why="By the time of the look there is a record, with the intent.",
    ),
    Mutation(
        name="what a person keeps apart is held again",
        rule="OPEN-6",
        file="tally/domain/facts/sighting.py",
        edits=(Edit(before="if addition.id in looked.kept_apart or any(", after="if any("),),
        why="The hold was lifted by the answer, was it not?",
        tests=("tests/functional/test_foreign_answers.py",),
    ),
    Mutation(
        name="another Addition than the one given is taken over",
        rule="OPEN-6",
        file="tally/domain/decision/reconcile.py",
        edits=(
            Edit(before="if given is None or each.id != given.number]", after="if given is None]"),
            Edit(
                before=(
                    "next((each for each in scene.seen.strangers if each.id == write.addition_id), "
                    "None)"
                ),
                after="next(iter(scene.seen.strangers), None)",
            ),
        ),
        why="There is only one of others, mostly.",
        tests=("tests/functional/test_foreign_answers.py",),
    ),
    Mutation(
        name="a waived month is opened all the same",
        rule="OPEN-6",
        file="tally/domain/record/usage_record.py",
        edits=(
            Edit(
                before="return self.state is RecordState.WAIVED or (self.state",
                after="return (self.state",
            ),
        ),
        why="There used to be two states.",
        tests=("tests/functional/test_foreign_answers.py",),
    ),
    Mutation(
        name="the agreement is not read again before the POST",
        rule="OPEN-7",
        file="tally/domain/decision/look.py",
        edits=(
            Edit(
                before=(
                    "    if claim is not None and isinstance(claim.write, Create | "
                    "TakeOver):\n        return True\n"
                ),
                after=(
                    "    if claim is not None and isinstance(claim.write, Create | "
                    "TakeOver):\n        return False\n"
                ),
            ),
        ),
        why="The planner has just listed it, and it saves a call.",
        tests=("tests/functional/test_races.py::test_agreement_changed_between_list_and_post",),
    ),
    Mutation(
        name="jobs out of a dead-letter queue open forgotten months",
        rule="OPEN-7",
        file="tally/domain/facts/place.py",
        edits=(
            Edit(
                before=(
                    "    if permit.newest_tick - facts.when.tick > _OPENS_FOR:\n        return "
                    "Unsaid.AS_BEFORE\n"
                ),
                after="",
            ),
        ),
        why="A job is a job.",
        tests=("tests/functional/test_late_jobs.py",),
    ),
    Mutation(
        name="the month before the first is opened too",
        rule="OPEN-8",
        file="tally/domain/planning/new_months.py",
        edits=(Edit(before="if month < first_month:", after="if month.next < first_month:"),),
        why="The month before is opened late in every other month.",
        tests=("tests/functional/test_opening_months.py", "tests/functional/test_services.py"),
    ),
    Mutation(
        name="a past month is opened for whoever is licensed now",
        rule="OPEN-9",
        file="tally/domain/planning/new_months.py",
        edits=(
            Edit(
                before=(
                    "return company.standing is not None and month in company.standing.licensed_in"
                ),
                after="return company.standing is not None",
            ),
        ),
        why="It is licensed, so it was.",
        seeds=range(13, 37),
    ),
    Mutation(
        name="a month is opened late without end",
        rule="OPEN-9",
        file="tally/domain/facts/job_facts.py",
        edits=(
            Edit(
                before="self.tick >= self.month.day_after_end(self.policy.open_until_day)",
                after="False",
            ),
        ),
        why="The planner minds the day already, and no job is ever late.",
        tests=("tests/functional/test_opening_months.py",),
    ),
)
