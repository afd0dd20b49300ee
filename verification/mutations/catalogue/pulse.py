"""PULSE-*: what totals of partners may spare, and when they are believed."""

from verification.mutations.mutation import Edit, Mutation

_FUNCTIONAL = "tests/functional/test_pulse.py"
_SERVICES = "tests/functional/test_pulse_services.py"
_FOUND = "tests/functional/test_pulse_searches.py"
_LAWS = "tests/unit/test_pulse_laws.py"
_SEARCHES = "tests/unit/test_search_laws.py"
_CONFORMANCE = "tests/contract/test_pulse_conformance.py"

PULSE = (
    Mutation(
        name="moves are measured from the total read after the sweep",
        rule="PULSE-2",
        file="tally/pulse/firing.py",
        edits=(
            Edit(
                before="lambda now: now.judged(verdict, at) if now.expected == expected else now",
                after=(
                    "lambda now: replace(now.judged(verdict, at), totals=after) "
                    "if now.expected == expected else now"
                ),
            ),
        ),
        why="It is the newest total that there is.",
        tests=(f"{_FUNCTIONAL}::test_what_moves_during_a_sweep_is_found_by_the_next_look",),
    ),
    Mutation(
        name="of a total only what is billed is compared",
        rule="PULSE-2",
        file="tally/domain/pulse/total.py",
        edits=(
            Edit(
                before="(self.month, self.counters) != (before.month, before.counters)",
                after="(self.month, self.counts) != (before.month, before.counts)",
            ),
        ),
        why="Nobody bills the others.",
        tests=(f"{_FUNCTIONAL}::test_a_counter_that_nobody_bills_is_looked_into",),
    ),
    Mutation(
        name="a total of the month before is compared",
        rule="PULSE-2",
        file="tally/domain/pulse/total.py",
        edits=(
            Edit(
                before="(self.month, self.counters) != (before.month, before.counters)",
                after="self.counters != before.counters",
            ),
        ),
        why="It has never been so that two months had the same counters.",
        tests=(f"{_LAWS}::test_a_total_of_the_month_before_is_no_comparison",),
    ),
    Mutation(
        name="a company that failed was read",
        rule="PULSE-2",
        file="tally/domain/pulse/state.py",
        edits=(
            Edit(
                before="companies = (expected.basis, expected.check, account.failed)",
                after="companies = (expected.basis, expected.check, proof.failed)",
            ),
        ),
        why="Its job has ended, with no count.",
        tests=(f"{_FUNCTIONAL}::test_a_company_without_a_count_in_one_sweep_contradicts_nothing",),
    ),
    Mutation(
        name="sweeps over other companies are compared",
        rule="PULSE-2",
        file="tally/domain/pulse/state.py",
        edits=(
            Edit(
                before="companies = (expected.basis, expected.check, account.failed)",
                after="companies = (expected.basis, proof.check, account.failed)",
            ),
        ),
        why="All of them were in the lists before.",
        tests=(f"{_FUNCTIONAL}::test_a_company_that_is_read_from_now_on_contradicts_nothing",),
    ),
    Mutation(
        name="sweeps over other services of the same companies are compared",
        rule="PULSE-2",
        file="tally/domain/pulse/account.py",
        edits=(
            Edit(
                before='[f"{company_id} {service}" for service in services]',
                after="[company_id for _ in services][:1]",
            ),
        ),
        why="A company is read as a whole.",
        tests=(f"{_SERVICES}::test_a_service_that_is_read_from_now_on_contradicts_nothing",),
    ),
    Mutation(
        name="a sweep is complete when its account is there",
        rule="PULSE-2",
        file="tally/domain/pulse/account.py",
        edits=(
            Edit(
                before="(account.tick, account.answered, account.check) == (",
                after="(account.tick, self.jobs, self.check) == (",
            ),
        ),
        why="Jobs do not get lost.",
        tests=(f"{_FUNCTIONAL}::test_a_full_sweep_follows_a_lost_or_doubled_job",),
    ),
    Mutation(
        name="a sweep is complete when as many jobs have ended as were sent",
        rule="PULSE-2",
        file="tally/domain/pulse/account.py",
        edits=(
            Edit(
                before="(account.tick, account.answered, account.check) == (",
                after="(account.tick, account.answered, self.check) == (",
            ),
        ),
        why="Numbers are enough for a sum, as long as no message comes twice.",
        tests=(f"{_CONFORMANCE}::test_an_end_that_is_added_twice_stands_for_no_other",),
    ),
    Mutation(
        name="a job's end is added to whatever sweep runs",
        rule="PULSE-2",
        file="tally/ledger/pulse/pulse_table.py",
        edits=(
            Edit(
                before='ConditionExpression="#tick = :tick"',
                after=('ConditionExpression="#tick = :tick OR attribute_exists(#tick)"'),
            ),
        ),
        why="There is one account, and the job has ended.",
        tests=(f"{_CONFORMANCE}::test_an_end_of_an_older_sweep_is_not_added",),
    ),
    Mutation(
        name="totals are proven without a rise",
        rule="PULSE-3",
        file="tally/domain/pulse/state.py",
        edits=(Edit(before="agreed == NEEDED and rise_seen:", after="agreed == NEEDED:"),),
        why="They have agreed three times.",
        tests=(f"{_FUNCTIONAL}::test_totals_that_agree_but_never_rise_prove_nothing",),
    ),
    Mutation(
        name="two sweeps are proof enough",
        rule="PULSE-3",
        file="tally/domain/pulse/state.py",
        edits=(Edit(before="NEEDED = 3\n", after="NEEDED = 2\n"),),
        why="A rise is seen with the second.",
        tests=(f"{_FUNCTIONAL}::test_totals_that_agree_but_never_rise_prove_nothing",),
    ),
    Mutation(
        name="a contradiction by a sample is ignored",
        rule="PULSE-3",
        file="tally/domain/pulse/state.py",
        edits=(
            Edit(
                before=(
                    "    if proof.trust is Trust.PROVEN:\n"
                    "        return _switched_off(proof, verdict.against, at)\n"
                ),
                after="",
            ),
        ),
        why="Three sweeps say more than twenty companies.",
        tests=(f"{_FUNCTIONAL}::test_the_first_contradiction_switches_it_off_and_sweeps_at_once",),
    ),
    Mutation(
        name="companies that rose more than their partner are nothing to wonder about",
        rule="PULSE-3",
        file="tally/domain/pulse/proof.py",
        edits=(
            Edit(
                before="if known is not None and share.high < known.low:",
                after="if known is not None and share.high < 0:",
            ),
        ),
        why="The partner's own machines have become fewer.",
        tests=(f"{_LAWS}::test_companies_that_rise_alone_contradict",),
    ),
    Mutation(
        name="a full sweep is made once a day",
        rule="PULSE-4",
        file="tally/domain/pulse/schedule.py",
        edits=(Edit(before="timedelta(hours=4)", after="timedelta(hours=24)"),),
        why="The totals tell of every move.",
        tests=(f"{_LAWS}::test_when_a_full_sweep_is_due",),
    ),
    Mutation(
        name="the first two days are like all others",
        rule="PULSE-4",
        file="tally/domain/pulse/schedule.py",
        edits=(
            Edit(
                before="    if is_early(at.tick):", after="    if is_early(at.tick) and not pulse:"
            ),
        ),
        why="Totals are totals.",
        tests=(f"{_FUNCTIONAL}::test_every_tick_reads_all_on_the_first_two_days",),
    ),
    Mutation(
        name="no sample is read",
        rule="PULSE-4",
        file="tally/pulse/tick_course.py",
        edits=(
            Edit(
                before="return [*needed, *self._accounted(drawn, at, sample=True)]",
                after="return [*needed, *self._accounted(drawn[:0], at, sample=True)]",
            ),
        ),
        why="No total has moved.",
        tests=(f"{_FUNCTIONAL}::test_samples_go_through_all_companies",),
    ),
    Mutation(
        name="every sample is drawn from the first companies",
        rule="PULSE-4",
        file="tally/domain/pulse/order.py",
        edits=(
            Edit(before="start = bisect_right(ordered, after)", after="start = len(after) % 2"),
        ),
        why="A list has a beginning.",
        tests=(f"{_FUNCTIONAL}::test_samples_go_through_all_companies",),
    ),
    Mutation(
        name="a deployment changes nothing",
        rule="PULSE-4",
        file="tally/domain/pulse/schedule.py",
        edits=(Edit(before="if pulse.code != at.code:", after="if not at.code:"),),
        why="The totals are GravityZone's.",
        tests=(f"{_FUNCTIONAL}::test_a_full_sweep_follows_a_deployment",),
    ),
    Mutation(
        name="a tick that failed is forgotten",
        rule="PULSE-4",
        file="tally/pulse/firing.py",
        edits=(
            Edit(
                before='            self._ask("the tick before failed")\n            raise\n',
                after=("            raise\n"),
            ),
        ),
        why="The tick fails visibly.",
        tests=(f"{_FUNCTIONAL}::test_a_full_sweep_follows_an_error",),
    ),
    Mutation(
        name="other companies than before are no reason for a sweep",
        rule="PULSE-4",
        file="tally/domain/pulse/schedule.py",
        edits=(Edit(before="if pulse.basis != at.basis:", after="if not at.basis:"),),
        why="A new company has no record, so it is planned anyway.",
        tests=(f"{_FUNCTIONAL}::test_a_full_sweep_follows_a_change_of_companies_or_links",),
    ),
    Mutation(
        name="a company that is held waits for the full sweep",
        rule="PULSE-5",
        file="tally/domain/pulse/outlook.py",
        edits=(
            Edit(
                before=("for each in standings):\n        return Outlook()"),
                after=(
                    "for each in standings):\n"
                    "        return Outlook(must_be_read=False, waits=True)"
                ),
            ),
        ),
        why="Until somebody answers, nothing is done for it.",
        tests=(f"{_FUNCTIONAL}::test_who_is_held_is_read_at_each_tick",),
    ),
    Mutation(
        name="a search ends without reading the total again",
        rule="PULSE-1",
        file="tally/pulse/search.py",
        edits=(
            Edit(
                before=(
                    "            return False\n"
                    "        again = self.totals.of(self.root_id, self.now.month)"
                ),
                after="            return False\n        again = self._latest or self.now",
            ),
        ),
        why="The whole move has been found.",
        tests=(f"{_FUNCTIONAL}::test_a_search_whose_total_moves_on_is_followed_by_another",),
    ),
    Mutation(
        name="a search ends at its first find",
        rule="PULSE-1",
        file="tally/pulse/search.py",
        edits=(
            Edit(
                before="if not (has_moved or any(self._left.values())):", after="if not has_moved:"
            ),
            Edit(
                before="return not any(count > 0 for count in left.values())", after="return True"
            ),
        ),
        why="Something moved, and here it is.",
        seeds=range(111, 112),
    ),
    Mutation(
        name="what a search has found is forgotten",
        rule="PULSE-1",
        file="tally/pulse/firing.py",
        edits=(Edit(before="            found=search.found,\n", after=""),),
        why="Its job is on the queue.",
        tests=(f"{_FUNCTIONAL}::test_a_move_whose_job_was_lost_is_read_at_the_next_tick",),
    ),
    Mutation(
        name="a company that could not be read has not moved",
        rule="PULSE-1",
        file="tally/pulse/search.py",
        edits=(Edit(before="if found == {}:", after="if not found:"),),
        why="There is no count that could be billed.",
        tests=(f"{_SEARCHES}::test_a_company_that_cannot_be_read_has_a_job",),
    ),
    Mutation(
        name="one may search while another does",
        rule="PULSE-1",
        file="tally/pulse/firing.py",
        edits=(
            Edit(
                before="if known.searches.is_running(self.clock.now()):",
                after="if known.searches.is_running(self.clock.now()) and False:",
            ),
        ),
        why="Nothing is written twice, whoever searches.",
        tests=(f"{_FUNCTIONAL}::test_a_search_that_dies_is_made_up_for",),
    ),
    Mutation(
        name="a sweep counts as soon as its jobs have ended",
        rule="PULSE-2",
        file="tally/pulse/firing.py",
        edits=(
            Edit(
                before="not expected.sample and not _is_indexed(account, self.clock.now())",
                after="not expected.sample and account.changed is None",
            ),
        ),
        why="All has been written by then, and an index takes no minute.",
        tests=(f"{_FOUND}::test_an_index_that_lags_after_a_sweep_hides_no_move",),
    ),
    Mutation(
        name="a search that takes too long is left at that",
        rule="PULSE-4",
        file="tally/pulse/firing.py",
        edits=(
            Edit(
                before="        if search.ran_out:\n",
                after="        if search.ran_out and not busy:\n",
            ),
        ),
        why="The likely ones have been read, and the next look goes on.",
        tests=(f"{_FOUND}::test_a_search_that_takes_too_long_is_followed_by_a_full_sweep",),
    ),
    Mutation(
        name="who was held when a search ended is forgotten",
        rule="PULSE-1",
        file="tally/pulse/search.py",
        edits=(Edit(before="**dict.fromkeys(others, _UNTOLD)}", after="**{}}"),),
        why="It is read at each tick as long as it is held.",
        tests=(f"{_SEARCHES}::test_who_was_held_makes_up_no_later_move",),
    ),
    Mutation(
        name="a reading that failed is nothing to remember",
        rule="PULSE-1",
        file="tally/pulse/search.py",
        edits=(
            Edit(
                before="            self.found[waiting.company_id] = _UNTOLD\n",
                after="",
            ),
        ),
        why="Its job is on the queue.",
        tests=(f"{_SEARCHES}::test_who_could_not_be_read_makes_up_no_later_move",),
    ),
    Mutation(
        name="searches follow one another however much they read",
        rule="PULSE-1",
        file="tally/pulse/firing.py",
        edits=(Edit(before="_A_QUARTER * search.part_read", after="_A_QUARTER * 0"),),
        why="A total that has moved is looked into.",
        tests=(f"{_FOUND}::test_what_nobody_is_billed_for_makes_no_search_follow_another",),
    ),
    Mutation(
        name="another tenant inherits the proof",
        rule="PULSE-3",
        file="tally/domain/pulse/state.py",
        edits=(
            Edit(
                before="self.proof if root == self.root or not self.root else Proof(",
                after="self.proof if root else Proof(",
            ),
        ),
        why="The totals are GravityZone's, whose key it is.",
        tests=(f"{_LAWS}::test_another_tenant_has_proven_nothing",),
    ),
    Mutation(
        name="a sweep that still runs is begun anew",
        rule="PULSE-2",
        file="tally/pulse/tick_course.py",
        edits=(
            Edit(
                before="        if self.pulse.is_waited_for(at.tick):\n",
                after="        if self.pulse.is_waited_for(at.tick) and not self.why:\n",
            ),
        ),
        why="The newest account is the best.",
        tests=(f"{_FOUND}::test_an_unproven_sweep_is_waited_for_too",),
    ),
    Mutation(
        name="a tick that comes again waits for its own sweep",
        rule="PULSE-4",
        file="tally/domain/pulse/state.py",
        edits=(Edit(before="sweep.tick < tick < sweep.until", after="tick < sweep.until"),),
        why="The sweep has been sent.",
        tests=(f"{_FOUND}::test_a_sweep_is_not_waited_for_by_its_own_tick",),
    ),
    Mutation(
        name="a job that a newer one has overtaken has ended like any other",
        rule="PULSE-2",
        file="tally/worker/sync.py",
        edits=(
            Edit(
                before="            _is_overtaken(record, job) for record in records.values()\n",
                after="            not counts and not record for record in records.values()\n",
            ),
        ),
        why="There is nothing left to do for it.",
        tests=(f"{_FOUND}::test_a_sweep_whose_job_was_overtaken_is_not_complete",),
    ),
    Mutation(
        name="whose trouble ends with a plan is spared",
        rule="PULSE-5",
        file="tally/domain/pulse/outlook.py",
        edits=(
            Edit(
                before="any(_is_troubled(due, each) for each in standings)",
                after="_is_troubled(due, standings[-1])",
            ),
        ),
        why="It is simply billed again.",
        tests=(f"{_FOUND}::test_whose_trouble_has_ended_is_read_once_more",),
    ),
)
