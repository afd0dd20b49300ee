"""Bugs of adapters: conditional writes, whole answers, retries, the pace, keys that stay secret."""

from verification.mutations.mutation import Edit, Mutation

ADAPTERS = (
    Mutation(
        name="a record is written whatever its version",
        rule="SAFE-1",
        file="tally/ledger/dynamodb.py",
        edits=(
            Edit(
                before=(
                    "self._parts.put(items.record_item(after), "
                    "expected_version=transition.expected_version)"
                ),
                after='self._parts.put_if(items.record_item(after), "attribute_not_exists(never)")',
            ),
            Edit(
                before="            self._parts.put(history),\n",
                after='            self._parts.put_if(history, "attribute_not_exists(never)"),\n',
            ),
        ),
        why="There is one worker for a job.",
        tests=(
            "tests/contract/test_ledger_conformance.py::test_first_save_needs_that_there_is_no_record",
        ),
    ),
    Mutation(
        name="a standing is written over a newer version",
        rule="SAFE-4",
        file="tally/ledger/transaction.py",
        edits=(
            Edit(
                before='_AT_VERSION = "version = :expected"',
                after='_AT_VERSION = "version >= :expected"',
            ),
        ),
        why="It is the same tick's, more or less.",
        tests=(
            "tests/contract/test_ledger_conformance.py::test_standing_of_another_version_conflicts",
        ),
    ),
    Mutation(
        name="the history is not written with the record",
        rule="SAFE-1",
        file="tally/ledger/dynamodb.py",
        edits=(Edit(before="            self._parts.put(history),\n", after=""),),
        why="Nothing reads it.",
        tests=("tests/contract/test_ledger_conformance.py::test_saved_record_is_read_back",),
    ),
    Mutation(
        name="a ConnectWise company can be linked twice at once",
        rule="MATCH-1",
        file="tally/ledger/dynamodb.py",
        edits=(
            Edit(
                before='f"attribute_not_exists({items.LINKED_TO})"',
                after='f"attribute_not_exists(never)"',
            ),
        ),
        why="The index was asked a moment ago.",
        tests=(
            "tests/contract/test_ledger_conformance.py::test_connectwise_company_is_linked_once",
        ),
    ),
    Mutation(
        name="a record is read from a replica that may lag",
        rule="SAFE-3",
        file="tally/ledger/keys.py",
        edits=(Edit(before="Key=of, ConsistentRead=True)", after="Key=of)"),),
        why="It is DynamoDB's default, and half the price.",
        tests=("tests/unit/test_ledger_dynamodb.py::test_single_reads_are_consistent",),
    ),
    Mutation(
        name="the index is read to its first page",
        rule="CLOSE-3",
        file="tally/ledger/dynamodb.py",
        edits=(
            Edit(
                before='if not (last := page.get("LastEvaluatedKey")):',
                after='if (last := page.get("LastEvaluatedKey")) is None or last:',
            ),
        ),
        why="A megabyte holds every company of a test.",
        tests=("tests/unit/test_ledger_dynamodb.py::test_all_pages_are_read",),
    ),
    Mutation(
        name="a transaction that another one cancelled is lost",
        rule="SAFE-3",
        file="tally/ledger/transaction.py",
        edits=(
            Edit(
                before='    {"None", "TransactionConflict", ',
                after='    {"None", ',
            ),
        ),
        why="MiniStack never does it.",
        tests=("tests/unit/test_ledger_dynamodb.py::test_cancelled_transaction_is_tried_again",),
    ),
    Mutation(
        name="jobs that SQS did not take are lost",
        rule="SAFE-5",
        file="tally/aws/queue.py",
        edits=(
            Edit(
                before='                "Failed", []\n',
                after='                "Errors", []\n',
            ),
        ),
        why="A batch of which a part fails is answered with 200.",
        tests=("tests/unit/test_queue.py::test_part_of_a_batch_that_failed_is_sent_again",),
    ),
    Mutation(
        name="Retry-After is not kept to",
        rule="SAFE-6",
        file="tally/transport/classify.py",
        edits=(
            Edit(
                before="seconds=USUAL_PAUSE if pause is None else pause)",
                after="seconds=USUAL_PAUSE)",
            ),
        ),
        why="Half a minute is what ConnectWise asks for.",
        tests=("tests/functional/test_late_jobs.py",),
    ),
    Mutation(
        name="the bucket lets everybody through",
        rule="SAFE-6",
        file="tally/gravityzone/pace.py",
        edits=(
            Edit(
                before="self._due = max(self._due, now) + self._period",
                after="self._due = now + self._period",
            ),
        ),
        why="A slip that a few calls do not show.",
        tests=("tests/unit/test_gravityzone_client_pace.py",),
    ),
    Mutation(
        name="threads that wait at the bucket get the same token",
        rule="SAFE-6",
        file="tally/gravityzone/pace.py",
        edits=(
            Edit(
                before="            self._due = max(self._due, now) + self._period\n",
                after="",
            ),
            Edit(
                before="            self._sleep(allowed - now)\n",
                after=(
                    "            self._sleep(allowed - now)\n"
                    "        self._due = max(self._due, now) + self._period\n"
                ),
            ),
        ),
        why="A token is taken once its time has come.",
        tests=("tests/unit/test_gravityzone_client_pace.py",),
    ),
    Mutation(
        name="a partner's readings are timed as if no other job took its turns",
        rule="READ-4",
        file="tally/runtime/settings.py",
        edits=(
            Edit(
                before="return self.calls_per_second / self.jobs_at_once",
                after="return self.calls_per_second",
            ),
        ),
        why="The pace is the container's, and it had one job at a time.",
        tests=("tests/functional/test_handlers.py",),
    ),
    Mutation(
        name="a redirect is followed, with the keys",
        rule="SAFE-6",
        file="tally/transport/session.py",
        edits=(
            Edit(
                before="        self._adapter = adapter or BoundedAdapter()",
                after=(
                    "        self._adapter = requests.Session()\n"
                    '        for scheme in ("https://", "http://"):\n'
                    "            self._adapter.mount(scheme, adapter or BoundedAdapter())"
                ),
            ),
        ),
        why="It is what requests does of itself.",
        tests=(
            "tests/unit/test_transport.py",
            "tests/unit/test_transport_addresses.py",
            "tests/unit/test_transport_network.py",
        ),
    ),
    Mutation(
        name="an error shows the key",
        rule="SAFE-10",
        file="tally/redaction.py",
        edits=(
            Edit(
                before="return brief(redact(text[: longest + _LONGEST_KEY]), longest)",
                after="return brief(text, longest)",
            ),
        ),
        why="The other side would never send it back.",
        tests=("tests/unit/test_redaction.py",),
    ),
    Mutation(
        name="libraries log at the level that the operator sets for Tally",
        rule="SAFE-10",
        file="tally/runtime/logs.py",
        edits=(
            Edit(
                before="root.setLevel(max(root.level, logging.WARNING))",
                after="root.setLevel(root.level)",
            ),
        ),
        why="Who asks for DEBUG wants to see everything.",
        tests=("tests/functional/test_lambda_logging.py",),
    ),
    Mutation(
        name="a lost answer is asked for again before lists can show it",
        rule="SAFE-2",
        file="tally/worker/delivery.py",
        edits=(Edit(before="return settle + timedelta(seconds=1)", after="return _FIRST_WAIT"),),
        why="Thirty seconds are the pause of every other failure.",
        tests=("tests/unit/test_delivery.py",),
    ),
    Mutation(
        name="a firewall's 403 is a missing right",
        rule="MATCH-8",
        file="tally/transport/http_call.py",
        edits=(Edit(before="in_front = not own and", after="in_front = False and"),),
        why="A 403 is a 403.",
        tests=("tests/unit/test_connectwise_client_site.py",),
    ),
    Mutation(
        name="no agreement seen is no agreement there",
        rule="MATCH-8",
        file="tally/planner/connectwise_catalog.py",
        edits=(
            Edit(
                before="if not any(each.agreements for each in of_types.values()):",
                after="if not of_types:",
            ),
        ),
        why="The list was answered with 200.",
        tests=("tests/functional/test_sight.py",),
    ),
    Mutation(
        name="records that half a page brings again are taken for new",
        rule="SAFE-5",
        file="tally/connectwise/pages.py",
        edits=(
            Edit(
                before="before, self.known = divmod(self.rows, self.size)",
                after="before = self.rows // self.size",
            ),
        ),
        why="Sizes that are halves of one another fit into each other, down to 125.",
        tests=("tests/unit/test_connectwise_client_lists.py",),
    ),
    Mutation(
        name="who moved up while a list was read is not there",
        rule="MATCH-8",
        file="tally/connectwise/calls.py",
        edits=(Edit(before="in reversed(pages.ends):", after="in ():"),),
        why="The list was read to its end.",
        tests=("tests/unit/test_connectwise_client_lists.py",),
    ),
    Mutation(
        name="of several pauses the shortest counts",
        rule="SAFE-6",
        file="tally/transport/retry.py",
        edits=(
            Edit(before="max((pause for pause in asked", after="min((pause for pause in asked"),
        ),
        why="The first proxy on the way knows least.",
        tests=("tests/unit/test_retry.py",),
    ),
    Mutation(
        name="a call's time is each read's alone",
        rule="SAFE-10",
        file="tally/transport/answer_timeout.py",
        edits=(
            Edit(
                before="self._ends = None if timeout is None else time.monotonic() + timeout",
                after="self._ends = None",
            ),
        ),
        why="There is a read timeout already.",
        tests=("tests/unit/test_transport_bounds.py",),
    ),
    Mutation(
        name="a body is read to its end",
        rule="SAFE-10",
        file="tally/transport/session.py",
        edits=(Edit(before="        if size > LARGEST_BODY:", after="        if size < 0:"),),
        why="What was asked for is wanted whole.",
        tests=("tests/unit/test_transport_bounds.py",),
    ),
)
