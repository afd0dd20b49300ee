"""READ-*: what is taken for a count, and of which month."""

from verification.mutations.mutation import Edit, Mutation

COUNTING = (
    Mutation(
        name="a refusal that says Unauthorized is the key's",
        rule="READ-9",
        file="tally/gravityzone/refusals.py",
        edits=(
            Edit(
                before="(whom is About.KEY and not works)",
                after="(whom is About.KEY and not works) or refused.error.code == -32001",
            ),
        ),
        why="That is the code's name.",
        tests=("tests/unit/test_gravityzone_refusals.py",),
    ),
    Mutation(
        name="targetMonth is forgotten",
        rule="READ-1",
        file="tally/gravityzone/client.py",
        edits=(
            Edit(
                before=(
                    ', "targetMonth": month.target}\n        reply = self._rpc.call(\n'
                    '            "licensing", "getMonthlyUsage",'
                ),
                after=(
                    '}\n        reply = self._rpc.call(\n            "licensing", '
                    '"getMonthlyUsage",'
                ),
            ),
        ),
        why="The parameter is optional, and for 30 days of the month nobody misses it.",
    ),
    Mutation(
        name="a month is the one of the zone that the instant is written in",
        rule="READ-1",
        file="tally/domain/model/month.py",
        edits=(Edit(before="instant.astimezone(UTC)", after="instant"),),
        why="All instants are said to be in GMT anyway.",
        tests=("tests/unit/test_month.py",),
    ),
    Mutation(
        name="the tick's month is the MSP's local one, not GMT's",
        rule="READ-1",
        file="tally/domain/planning/tick_context.py",
        edits=(
            Edit(
                before="return Month.of(self.tick)",
                after=(
                    "local = self.tick.astimezone(self.policy.time_zone)\n        return "
                    "Month(local.year, local.month)"
                ),
            ),
        ),
        why="The invoices follow the MSP's calendar, so why not the months?",
        seeds=range(13, 24),
    ),
    Mutation(
        name="a counter that is missing is a zero",
        rule="READ-2",
        file="tally/domain/model/reading.py",
        edits=(Edit(before="usage.counters.get(name)", after="usage.counters.get(name, 0)"),),
        why="A default in place of a branch.",
        tests=("tests/unit/test_reading.py",),
    ),
    Mutation(
        name="a negative counter is a count",
        rule="READ-2",
        file="tally/domain/model/reading.py",
        edits=(Edit(before=" and 0 <= value <= MOST_SEATS", after=" and value <= MOST_SEATS"),),
        why="A number of machines is never negative, so nobody looks.",
        tests=("tests/unit/test_reading.py",),
    ),
    Mutation(
        name="a count has no upper bound",
        rule="READ-8",
        file="tally/domain/model/reading.py",
        edits=(Edit(before=" and 0 <= value <= MOST_SEATS", after=" and value >= 0"),),
        why="A whole number is a whole number.",
        tests=("tests/functional/test_absurd_counts.py",),
    ),
    Mutation(
        name="a first count is never too high",
        rule="READ-8",
        file="tally/domain/decision/growth.py",
        edits=(Edit(before="return count > policy.first_month_seats", after="return False"),),
        why="Growth is measured by the month before, and there is none.",
        tests=("tests/functional/test_absurd_counts.py",),
    ),
    Mutation(
        name="a key that an answer has twice is read as its last value",
        rule="READ-8",
        file="tally/transport/double_keys.py",
        edits=(
            Edit(
                before="doubled = (doubled_key_at_top if of_many else doubled_key)(body)",
                after='doubled = ""',
            ),
        ),
        why="It is what parsers do of themselves.",
        tests=("tests/functional/test_absurd_counts.py",),
    ),
    Mutation(
        name="a JSON-RPC error is read as no counters",
        rule="READ-2",
        file="tally/gravityzone/client.py",
        edits=(
            Edit(
                before="self._rpc.result(reply, COUNTERS.validate_python)",
                after='COUNTERS.validate_python(reply.result or {"endpointMonthlyUsage": 0})',
            ),
        ),
        why="The answer has HTTP status 200, and its result is empty.",
        tests=("tests/unit/test_gravityzone_client_errors.py",),
    ),
    Mutation(
        name="the 0 of a customer that lost its subscription is a count",
        rule="READ-2",
        file="tally/worker/readings.py",
        edits=(
            Edit(
                before="return found if monthly else dict.fromkeys(found, _NO_SUBSCRIPTION)",
                after="return found",
            ),
        ),
        why="It was listed as monthly a minute ago.",
        tests=("tests/functional/test_races.py::test_licence_lost_between_list_and_reading",),
    ),
    Mutation(
        name="a trial is billed",
        rule="READ-3",
        file="tally/domain/facts/place.py",
        edits=(
            Edit(
                before="return None if permit.monthly else waiting(ON_TRIAL)", after="return None"
            ),
        ),
        why=(
            "The list was asked for monthly licences; that it has monthly trials too is told "
            "elsewhere."
        ),
    ),
    Mutation(
        name="a licence that was seen to be monthly is believed for ever",
        rule="READ-3",
        file="tally/domain/model/standing.py",
        edits=(
            Edit(
                before="seen is not None and timedelta() <= now - seen <= LICENCE_HOLDS",
                after="seen is not None",
            ),
        ),
        why="It was checked for this very purpose, and a licence seldom changes.",
        tests=("tests/unit/test_licence_check.py",),
    ),
    Mutation(
        name="a licence that was checked is noted as monthly",
        rule="READ-3",
        file="tally/worker/permits.py",
        edits=(
            Edit(
                before="job.check_licence and job.licensed and gravityzone.is_monthly(",
                after="job.check_licence and job.licensed and None is not gravityzone.is_monthly(",
            ),
        ),
        why="The call was answered, and the company is in the list of monthly ones.",
        tests=("tests/functional/test_licence_check.py",),
    ),
    Mutation(
        name="a job's own word spares an opening the licence",
        rule="READ-3",
        file="tally/worker/permits.py",
        edits=(
            Edit(
                before="monthly=_was_monthly(job, ledger, now) or",
                after="monthly=job.check_licence or _was_monthly(job, ledger, now) or",
            ),
        ),
        why="The planner has read the standing already.",
        tests=("tests/functional/test_licence_check.py",),
    ),
    Mutation(
        name="the licence is checked by GMT's day, not the MSP's",
        rule="READ-3",
        file="tally/domain/planning/look_schedule.py",
        edits=(
            Edit(before="opens = max(following.starts, local)", after="opens = following.starts"),
        ),
        why="Months begin in GMT; what is checked too early is asked for again, so nobody sees it.",
        tests=("tests/unit/test_licence_check.py",),
    ),
    Mutation(
        name="a partner is billed for its customers' machines too",
        rule="READ-4",
        file="tally/domain/record/partner.py",
        edits=(
            Edit(
                before="return replace(parent, value=parent.value - below)",
                after="return parent",
            ),
        ),
        why="The counter is the partner's.",
        tests=("tests/unit/test_partner.py",),
    ),
    Mutation(
        name="a change in a partner's children is not noticed",
        rule="READ-4",
        file="tally/domain/record/partner.py",
        edits=(
            Edit(
                before="return children.ids != record.children",
                after="return len(children.ids) != len(record.children)",
            ),
        ),
        why="As many as before look like the same.",
        tests=("tests/functional/test_partner_children.py",),
    ),
    Mutation(
        name="entries of a product type are merged, not added up",
        rule="READ-6",
        file="tally/domain/model/reading.py",
        edits=(Edit(before="total += reading.value", after="total = reading.value"),),
        why="Every entry repeats all the counters, so the last one seems to say it all.",
        tests=("tests/unit/test_reading.py",),
    ),
    Mutation(
        name="all product types are added up",
        rule="READ-6",
        file="tally/domain/model/reading.py",
        edits=(
            Edit(
                before=(
                    "        if product_type not in service.product_types:\n            continue\n"
                ),
                after="",
            ),
        ),
        why="With one product in use it is the same.",
        tests=("tests/unit/test_reading.py",),
    ),
    Mutation(
        name="a fall is pushed",
        rule="READ-7",
        file="tally/domain/decision/may_write.py",
        edits=(
            Edit(
                before=(
                    "if not isinstance(write, SetQuantity) or not falls(record, write.quantity):"
                ),
                after=(
                    "if not isinstance(write, SetQuantity) or not record.is_carried_on or not "
                    "falls(record, write.quantity):"
                ),
            ),
        ),
        why="The count is the count.",
    ),
)
