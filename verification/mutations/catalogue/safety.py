"""SAFE-*: never twice, never lost."""

from verification.mutations.mutation import Edit, Mutation

SAFETY = (
    Mutation(
        name="the outcome of a PATCH is written before the call",
        rule="SAFE-1",
        file="tally/worker/rounds.py",
        edits=(
            Edit(
                before="        try:\n            for each in do.copies:",
                after=(
                    "        if isinstance(do.write, SetQuantity):\n"
                    "            sent = do.write.quantity\n"
                    "            line = self.record.line(do.write.number)\n"
                    "            self._save(write_changes.confirmed(self.record, line, sent, "
                    'self.facts, why=""))\n'
                    "        try:\n            for each in do.copies:"
                ),
            ),
        ),
        why="A PATCH of the quantity hardly ever fails.",
    ),
    Mutation(
        name="the intent is kept in memory, and the outcome is the first write",
        rule="SAFE-1",
        file="tally/worker/rounds.py",
        edits=(
            Edit(
                before=(
                    "            self._save(write_changes.claimed(self.record, write, self.facts))"
                ),
                after=(
                    "            self.record = write_changes.claimed(self.record, write, "
                    "self.facts).after"
                ),
            ),
        ),
        why="It halves the writes to the ledger.",
    ),
    Mutation(
        name="a person's answer bears no name",
        rule="SAFE-1",
        file="tally/domain/holds/person_answers.py",
        edits=(
            Edit(
                before="        tick=record.seen_tick,\n        by=person.by,\n",
                after="        tick=record.seen_tick,\n",
            ),
        ),
        why="The field has a default.",
        tests=("tests/functional/test_growth.py",),
    ),
    Mutation(
        name="a POST without an answer is repeated",
        rule="SAFE-2",
        file="tally/transport/failures.py",
        edits=(Edit(before="return self is not Effect.CREATES", after="return True"),),
        why="Every other call is repeated.",
        seeds=range(7, 31),
    ),
    Mutation(
        name="a 5xx to a POST is a refusal",
        rule="SAFE-2",
        file="tally/transport/failures.py",
        edits=(Edit(before="else HTTPStatus.INTERNAL_SERVER_ERROR", after="else 600"),),
        why="An error is an error.",
        tests=("tests/unit/test_retry.py",),
    ),
    Mutation(
        name="an absence is believed within the settle time",
        rule="SAFE-2",
        file="tally/worker/rounds.py",
        edits=(
            Edit(
                before="until = None if claim is None else self.facts.when.settles(claim.at)\n",
                after="until = None\n",
            ),
        ),
        why="On a test tenant lists show every write at once.",
        seeds=range(7, 31),
    ),
    Mutation(
        name="an intent is taken over without being renewed",
        rule="SAFE-2",
        file="tally/worker/rounds.py",
        edits=(
            Edit(
                before="        if write is not None:\n            self._save",
                after=(
                    "        if write is not None and (self.record.claim is None or not "
                    "isinstance(write, Create)):\n            self._save"
                ),
            ),
        ),
        why="It stands in the ledger already.",
        seeds=range(18, 42),
    ),
    Mutation(
        name="a PATCH without an answer is forgotten when it is given up",
        rule="SAFE-2",
        file="tally/domain/decision/changes.py",
        edits=(
            Edit(
                before=(
                    "    return bare.with_line(replace(line, written=replace(line.written, "
                    "unsure=unsure)))"
                ),
                after="    return bare if unsure else bare.with_line(line)",
            ),
        ),
        why="It was not confirmed.",
        tests=("tests/unit/test_reconcile.py",),
    ),
    Mutation(
        name="what stood there before a push is forgotten at once",
        rule="SAFE-2",
        file="tally/domain/decision/write_changes.py",
        edits=(
            Edit(
                before="stood = dict.fromkeys((*lingering, was.quantity, *was.unsure))",
                after="stood = dict.fromkeys(lingering)",
            ),
        ),
        why="The quantity is confirmed.",
    ),
    Mutation(
        name="a claim of a job before is written under its old time",
        rule="SAFE-2",
        file="tally/domain/decision/scene.py",
        edits=(
            Edit(
                before="if claim is None or claim.at != self.facts.when.now:",
                after="if claim is None:",
            ),
        ),
        why="The claim is in the ledger already, and the write is the same.",
        tests=("tests/unit/test_reconcile.py",),
    ),
    Mutation(
        name="a refused POST is not tried again when the agreement has changed",
        rule="SAFE-2",
        file="tally/domain/decision/may_write.py",
        edits=(
            Edit(
                before=(
                    "return same and agreement is not None and agreement.version == refusal.version"
                ),
                after="return same and agreement is not None",
            ),
        ),
        why="It is the same agreement.",
        tests=("tests/functional/test_lost_answers_refused.py",),
    ),
    Mutation(
        name="a refused POST waits for the agreement to change",
        rule="SAFE-2",
        file="tally/domain/decision/may_write.py",
        edits=(
            Edit(
                before="if refusal is None or refusal.at.date() != when.tick.date():",
                after="if refusal is None:",
            ),
        ),
        why="What it was refused for stands on the agreement.",
        tests=("tests/functional/test_lost_answers_refused.py",),
    ),
    Mutation(
        name="a month that was refused in time is lost after it",
        rule="OPEN-9",
        file="tally/domain/decision/write_changes.py",
        edits=(
            Edit(
                before="    after = _asked(replace(record, claim=None, refusal=refusal), when)",
                after="    after = replace(record, claim=None, refusal=refusal)",
            ),
        ),
        why="Nobody was asked, and the month could not be opened in time.",
        tests=("tests/functional/test_opening_months.py",),
    ),
    Mutation(
        name="the record is loaded after GravityZone was read",
        rule="SAFE-3",
        file="tally/worker/sync.py",
        edits=(
            Edit(
                before="self._bring_up_to_date(each, record, facts, progress)",
                after=(
                    "self._bring_up_to_date(each, self.ledger.record(record.key) or record, facts, "
                    "progress)"
                ),
            ),
        ),
        why="So it is as fresh as can be.",
        tests=("tests/functional/test_races.py",),
    ),
    Mutation(
        name="a job older than what was seen runs",
        rule="SAFE-4",
        file="tally/worker/sync.py",
        edits=(
            Edit(
                before="return not (record.settled or _is_overtaken(record, job))",
                after="return not record.settled or _is_overtaken(record, job)",
            ),
        ),
        why="Its reading is of now, so what does its age matter?",
        tests=(
            "tests/functional/test_repeats.py",
            "tests/functional/test_late_jobs.py",
        ),
    ),
    Mutation(
        name="the standing of an older tick overwrites",
        rule="SAFE-4",
        file="tally/standings.py",
        edits=(Edit(before="    if standing.tick > tick:\n        return\n", after=""),),
        why="The last word counts.",
        tests=("tests/unit/test_standing.py", "tests/functional/test_standing.py"),
    ),
    Mutation(
        name="a tick that comes after a newer one plans",
        rule="SAFE-4",
        file="tally/planner/plan.py",
        edits=(
            Edit(before="        if tick < ticks.newest:", after="        if ticks.newest < tick:"),
        ),
        why="Of two comparisons the wrong one.",
        tests=("tests/functional/test_repeats.py",),
    ),
    Mutation(
        name="below a partner whose list fails there is nobody",
        rule="SAFE-5",
        file="tally/planner/gravityzone_tree.py",
        edits=(
            Edit(
                before="            roster.unread[partner_id] = error",
                after="            del error",
            ),
        ),
        why="One partner's failure is not to stop the others.",
        tests=("tests/functional/test_lists.py",),
    ),
    Mutation(
        name="the part of a list that could be read is planned",
        rule="SAFE-5",
        file="tally/connectwise/calls.py",
        edits=(
            Edit(
                before="            answer = self._page(path, narrowed, pages)\n",
                after=(
                    "            try:\n"
                    "                answer = self._page(path, narrowed, pages)\n"
                    "            except TallyError:\n"
                    "                if pages.number == 1:\n"
                    "                    raise\n"
                    "                return\n"
                ),
            ),
        ),
        why="Most customers are on the first page.",
        tests=("tests/unit/test_connectwise_client_lists.py", "tests/functional/test_lists.py"),
    ),
    Mutation(
        name="a company that cannot be planned stops all after it",
        rule="SAFE-5",
        file="tally/planner/one_by_one.py",
        edits=(
            Edit(
                before="        except Exception as error:",
                after="        except TallyError as error:",
            ),
        ),
        why="What is no error of the outside world is for us to mend, so it had better be seen.",
        tests=("tests/functional/test_one_company.py",),
    ),
    Mutation(
        name="a quantity in the ledger may be of any type",
        rule="SAFE-5",
        file="tally/ledger/shapes.py",
        edits=(
            Edit(
                before="        if has_shape is not None and not has_shape(value):",
                after="        if has_shape is not None and value is None:",
            ),
        ),
        why="We have written it ourselves.",
        tests=("tests/functional/test_unreadable_items.py",),
    ),
    Mutation(
        name="an agreement that cannot be read is left out of the list",
        rule="SAFE-5",
        file="tally/connectwise/client.py",
        edits=(
            Edit(
                before=" for row in rows if row.type_id in {None, type_id}]",
                after=(
                    " for row in rows if isinstance(row, AgreementRow) and row.type_id == type_id]"
                ),
            ),
        ),
        why="The others of the company are there to choose from.",
        tests=("tests/functional/test_odd_rows.py",),
    ),
    Mutation(
        name="one job that SQS refuses makes the others of its batch be refused",
        rule="SAFE-5",
        file="tally/aws/queue.py",
        edits=(Edit(before="            if len(batch) == 1:\n", after="            if batch:\n"),),
        why="What SQS refuses once it refuses again.",
        tests=("tests/unit/test_queue.py",),
    ),
    Mutation(
        name="whoever is missing in a list is gone",
        rule="SAFE-7",
        file="tally/planner/absent.py",
        edits=(
            Edit(
                before="            return self._asked(company_id, roster)",
                after="            return Found(Presence.GONE)",
            ),
        ),
        why="It was in the list at the tick before.",
        seeds=range(3, 27),
    ),
    Mutation(
        name="a company that is excluded is asked for",
        rule="SAFE-5",
        file="tally/planner/absent.py",
        edits=(
            Edit(
                before="return link is not None and link.excluded_since is not None",
                after="return link is not None and link.excluded_since is None",
            ),
        ),
        why="Who is not in a list is asked for by id.",
        tests=("tests/functional/test_refused.py",),
    ),
    Mutation(
        name="a month was looked at if a tick of it ended",
        rule="OPEN-9",
        file="tally/planner/plan.py",
        edits=(Edit(before="at.lists_read and written", after="not (failures or unwritten)"),),
        why="A tick that failed has not seen everything.",
        tests=("tests/functional/test_refused.py",),
    ),
    Mutation(
        name="a failing job is not to be seen in the standing",
        rule="SAFE-7",
        file="tally/worker/progress.py",
        edits=(
            Edit(
                before="NotYetError, in_words",
                after="NotYetError, TallyError, in_words",
            ),
            Edit(
                before="if not isinstance(error, _NOTHING_SAID)",
                after="if not isinstance(error, Exception)",
            ),
        ),
        why="The message comes again, and the next tick anyway.",
        seeds=range(3, 27),
    ),
    Mutation(
        name="what a job failed with stays where nothing is opened any more",
        rule="SAFE-7",
        file="tally/domain/facts/place.py",
        edits=(
            Edit(
                before="is_standing else _as_recorded(record)",
                after="is_standing else Unsaid.AS_BEFORE",
            ),
        ),
        why="The job has nothing to say of its own.",
        tests=(
            "tests/functional/test_moved_companies.py::test_a_failure_does_not_outlast_what_it_stopped",
        ),
    ),
    Mutation(
        name="a month whose POST was refused for now waits for no list",
        rule="SAFE-7",
        file="tally/domain/planning/new_months.py",
        edits=(Edit(before="in sorted(new | begun):", after="in sorted(new):"),),
        why="It has a record, so a worker has the word.",
        tests=(
            "tests/functional/test_outages.py::TestWhatStoodBeforeTheLists::test_is_not_forgotten",
        ),
    ),
    Mutation(
        name="a restored ledger looks for the month's own line alone",
        rule="SAFE-8",
        file="tally/domain/facts/sighting.py",
        edits=(
            Edit(
                before="return {reference(key, number): number for number in range(MOST_LINES)}",
                after="return {reference(key, 0): 0}",
            ),
        ),
        why="There is hardly ever another one.",
        tests=("tests/functional/test_restored_lines.py",),
    ),
    Mutation(
        name="a restored ledger looks on one agreement alone",
        rule="SAFE-8",
        file="tally/worker/sync.py",
        edits=(Edit(before="            others=each.others,\n", after=""),),
        why="All lines of a month stand on one agreement, until it is renewed.",
        tests=("tests/functional/test_restored_lines.py",),
    ),
    Mutation(
        name="a job of the future is believed",
        rule="SAFE-9",
        file="tally/worker/job_checks.py",
        edits=(Edit(before="if job.tick > now:", after="if False:"),),
        why="The planner refuses such ticks itself.",
        tests=("tests/functional/test_job_checks.py",),
    ),
    Mutation(
        name="a job's product is believed",
        rule="SAFE-9",
        file="tally/worker/job_checks.py",
        edits=(Edit(before="product != settings_product:", after="product is None:"),),
        why="The planner has looked it up in the catalog.",
        tests=("tests/functional/test_job_checks.py",),
    ),
    Mutation(
        name="a reason is kept as long as it is",
        rule="SAFE-10",
        file="tally/domain/model/standing.py",
        edits=(Edit(before='keep_brief(self, "reason")', after="keep_brief(self)"),),
        why="Who would write 400 kB into a name?",
        tests=("tests/functional/test_bounds.py",),
    ),
    Mutation(
        name="what does not show is what ASCII calls a control",
        rule="SAFE-10",
        file="tally/domain/model/screen.py",
        edits=(
            Edit(
                before="return char.isprintable() and char not in BLANKS",
                after='return char >= " "',
            ),
        ),
        why="Those are the characters that terminals obey.",
        tests=("tests/unit/test_screen.py",),
    ),
    Mutation(
        name="names stand in a mail as they are",
        rule="SAFE-10",
        file="tally/domain/reporting/letter.py",
        edits=(Edit(before='" ".join(fit(text).split())', after='" ".join(text.split())'),),
        why="A mail is no terminal, and line breaks are gone already.",
        tests=("tests/unit/test_letter.py",),
    ),
)
