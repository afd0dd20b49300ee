"""READ-*: what is taken for a count, and of which month."""

from local.mutations.mutation import Edit, Mutation

COUNTING = (
    Mutation(
        name="targetMonth is forgotten",
        rule="READ-1",
        file="tally/gravityzone/client.py",
        edits=(Edit(before=', "targetMonth": month.target}', after="}"),),
        why="The parameter is optional, and for 30 days of the month nobody misses it.",
    ),
    Mutation(
        name="a month is the one of the zone that the instant is written in",
        rule="READ-1",
        file="tally/domain/month.py",
        edits=(Edit(before="instant.astimezone(UTC)", after="instant"),),
        why="All instants are said to be in GMT anyway.",
        tests=("tests/unit/test_month.py",),
    ),
    Mutation(
        name="the tick's month is the MSP's local one, not GMT's",
        rule="READ-1",
        file="tally/domain/planning.py",
        edits=(
            Edit(
                before="return Month.of(self.tick)",
                after=(
                    "local = self.tick.astimezone(self.policy.time_zone)\n        return Month(local.year, local.month)"
                ),
            ),
        ),
        why="The invoices follow the MSP's calendar, so why not the months?",
        seeds=range(13, 24),
    ),
    Mutation(
        name="a counter that is missing is a zero",
        rule="READ-2",
        file="tally/domain/reading.py",
        edits=(
            Edit(
                before="usage.counters.get(service.counter)\n    if",
                after="usage.counters.get(service.counter, 0)\n    if",
            ),
        ),
        why="A default in place of a branch.",
        seeds=range(8, 24),
    ),
    Mutation(
        name="a negative counter is a count",
        rule="READ-2",
        file="tally/domain/reading.py",
        edits=(Edit(before=" and value >= 0", after=""),),
        why="A number of machines is never negative, so nobody looks.",
        tests=("tests/unit/test_reading.py",),
    ),
    Mutation(
        name="a JSON-RPC error is read as no counters",
        rule="READ-2",
        file="tally/gravityzone/client.py",
        edits=(
            Edit(
                before="counters = self._result(reply, COUNTERS.validate_python)",
                after='counters = COUNTERS.validate_python(reply.result or {"endpointMonthlyUsage": 0})',
            ),
        ),
        why="The answer has HTTP status 200, and its result is empty.",
        tests=("tests/unit/test_gravityzone_client_errors.py",),
    ),
    Mutation(
        name="the 0 of a customer that lost its subscription is a count",
        rule="READ-2",
        file="tally/sync.py",
        edits=(
            Edit(
                before="return unlicensed if fallen and not self.gravityzone.is_monthly(job.company_id) else readings",
                after="return readings",
            ),
        ),
        why="It was listed as monthly a minute ago.",
        tests=("tests/functional/test_races.py::test_licence_lost_between_list_and_reading",),
    ),
    Mutation(
        name="a trial is billed",
        rule="READ-3",
        file="tally/domain/opening.py",
        edits=(Edit(before="    if not facts.monthly:\n        return _waits(ON_TRIAL)\n", after=""),),
        why="The list was asked for monthly licences; that it has monthly trials too is told elsewhere.",
    ),
    Mutation(
        name="a fall is pushed",
        rule="READ-7",
        file="tally/domain/following.py",
        edits=(Edit(before="return quantity >= line.highest or quantity == line.pushed", after="return True"),),
        why="The count is the count.",
    ),
)
