"""MATCH-*: whose company, which agreement, which product."""

from verification.mutations.mutation import Edit, Mutation

FINDING = (
    Mutation(
        name="names are matched by lower case",
        rule="MATCH-1",
        file="tally/domain/linking/matching.py",
        edits=(
            Edit(before="self._by_name[company.name]", after="self._by_name[company.name.lower()]"),
            Edit(
                before="self._by_name.get(company.name, [])",
                after="self._by_name.get(company.name.lower(), [])",
            ),
        ),
        why="A typing error should not stop a customer's billing.",
        seeds=range(21, 45),
    ),
    Mutation(
        name="a near miss is linked",
        rule="MATCH-1",
        file="tally/domain/linking/matching.py",
        edits=(
            Edit(
                before="self._by_name.get(company.name, [])",
                after="self._near_names.of(company.name)",
            ),
        ),
        why="There is an index by likeness, and it finds more.",
    ),
    Mutation(
        name="a name that shows nothing is a name",
        rule="MATCH-1",
        file="tally/domain/linking/matching.py",
        edits=(Edit(before="if not is_seen(company.name):", after="if not company.name:"),),
        why="It is the same on both sides, and unique.",
        tests=("tests/functional/test_matching_near.py",),
    ),
    Mutation(
        name="names are compared as they are stored",
        rule="MATCH-1",
        file="tally/domain/linking/likeness.py",
        edits=(
            Edit(
                before='unicodedata.normalize("NFKD", text.translate(_TRADE_MARKS))', after="text"
            ),
        ),
        why="Both sides store Unicode.",
        tests=("tests/unit/test_likeness.py",),
    ),
    Mutation(
        name="a ConnectWise company that is linked is taken for free",
        rule="MATCH-1",
        file="tally/domain/linking/matching.py",
        edits=(Edit(before="holder = self._linked.get(same[0].id)", after="holder = None"),),
        why="The name is unique on both sides, and the ledger would refuse a second link.",
        tests=("tests/unit/test_matching.py", "tests/functional/test_matching.py"),
    ),
    Mutation(
        name="a name needs to be unique among the licensed customers only",
        rule="MATCH-1",
        file="tally/planner/linking.py",
        edits=(
            Edit(
                before="for company in (*everyone, *companies, ",
                after="for company in (*companies, ",
            ),
        ),
        why="The others are billed by nobody.",
        tests=("tests/functional/test_matching.py",),
    ),
    Mutation(
        name="a second company is linked without an agreement of its own",
        rule="MATCH-1",
        file="tally/domain/linking/link_changes.py",
        edits=(
            Edit(
                before="    if agreement is None or lacking:",
                after="    if agreement is None and lacking:",
            ),
        ),
        why="One of the two has an agreement pinned, so they differ.",
        tests=("tests/functional/test_two_of_one_company.py",),
    ),
    Mutation(
        name="a child's own invoice date is followed",
        rule="MATCH-6",
        file="tally/connectwise/client.py",
        edits=(
            Edit(
                before="            parents[row.id] = row.parent_agreement\n",
                after="            del parents\n",
            ),
        ),
        why="Each agreement has a date of its own.",
        tests=("tests/functional/test_parent_agreements.py",),
    ),
    Mutation(
        name="a month closes over a merger",
        rule="MATCH-7",
        file="tally/domain/facts/job_facts.py",
        edits=(Edit(before="return not self.stays_open and self.tick", after="return self.tick"),),
        why="The Addition stands there, at the right number.",
        tests=("tests/functional/test_moved_companies.py",),
    ),
    Mutation(
        name="who is missing from a list is gone",
        rule="MATCH-7",
        file="tally/planner/firms.py",
        edits=(
            Edit(
                before='    return _DELETED if found.deleted else ""', after="    return _DELETED"
            ),
        ),
        why="The list was read to its end.",
        tests=("tests/functional/test_moved_companies.py",),
    ),
    Mutation(
        name="an excluded partner is walked",
        rule="MATCH-1",
        file="tally/planner/gravityzone_tree.py",
        edits=(
            Edit(
                before="        if partner_id in excluded:",
                after="        if partner_id in roster.excluded:",
            ),
        ),
        why="Only its own machines are not to be billed.",
        tests=("tests/functional/test_refused.py",),
    ),
    Mutation(
        name="of several agreements the first is billed",
        rule="MATCH-3",
        file="tally/domain/model/agreement.py",
        edits=(Edit(before="    if len(active) == 1:", after="    if active:"),),
        why="There is one in most cases.",
        seeds=range(17, 41),
    ),
    Mutation(
        name="the agreement that a person has pinned is ignored",
        rule="MATCH-3",
        file="tally/domain/model/agreement.py",
        edits=(Edit(before="known if pinned is None else [", after="known or ["),),
        why="The pin is needed for one customer in a hundred.",
    ),
    Mutation(
        name="cancelledFlag is ignored",
        rule="MATCH-3",
        file="tally/domain/model/agreement.py",
        edits=(
            Edit(
                before=(
                    "        if self.cancelled and self.cancelled_on is None:\n            return "
                    "False\n"
                ),
                after="",
            ),
        ),
        why="There is a date for it.",
        tests=("tests/unit/test_place.py", "tests/functional/test_planning_agreements.py"),
    ),
    Mutation(
        name="the date of the cancellation is ignored",
        rule="MATCH-3",
        file="tally/domain/model/agreement.py",
        edits=(
            Edit(
                before=(
                    "        if self.cancelled_on is not None and self.cancelled_on <= "
                    "day:\n            return False\n"
                ),
                after="",
            ),
        ),
        why="There is a flag for it.",
    ),
    Mutation(
        name="an agreement is judged by the day in GMT",
        rule="MATCH-3",
        file="tally/domain/model/agreement.py",
        edits=(Edit(before="tick.astimezone(zone).date()", after="tick.date()"),),
        why="The months are GMT's too.",
        tests=(
            "tests/functional/test_time_zones.py::test_an_agreement_that_ends_goes_by_the_msps_date",
        ),
    ),
    Mutation(
        name="ConnectWise's conditions are trusted alone",
        rule="MATCH-4",
        file="tally/connectwise/client.py",
        edits=(
            Edit(
                before=" for row in rows if row.type_id in {None, type_id}]",
                after=" for row in rows]",
            ),
        ),
        why="The search has asked for that type.",
        tests=(
            "tests/unit/test_connectwise_client_lists.py",
            "tests/functional/test_matching_names.py",
        ),
    ),
    Mutation(
        name="a quarterly agreement is billed each month",
        rule="MATCH-5",
        file="tally/domain/model/agreement.py",
        edits=(Edit(before="return _on_cycle(active[0], cycles)", after="return active[0]"),),
        why="It is the customer's only one.",
    ),
)
