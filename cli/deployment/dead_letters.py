"""The stack's queues of failures: what each function, or the delivery to it, failed at for good."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError
from pydantic import ValidationError

from tally.aws.refusals import aws_errors, error_code
from tally.domain.model.screen import LONGEST
from tally.errors import SetupError
from tally.messages import Job
from tally.redaction import told

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_HIDDEN_SECONDS = 60
"""While a letter is looked at, nobody else sees it for so long; at the end it is released."""

_WAIT_SECONDS = 1
"""A receive that waits asks all of SQS's servers; another may find a full queue empty."""

_LONGEST_WORD = 40
_MOST = 1000
_BATCH = 10


class LetterKind(StrEnum):
    """The queue that a letter is in."""

    JOB = "jobs"
    PLANNER = "planner"
    SCHEDULE = "schedule"
    DIGEST = "digests"
    BOOK = "books"
    EVIDENCE = "evidence"


QUEUES: Mapping[LetterKind, str] = {
    LetterKind.JOB: "JobsDeadLetterQueue",
    LetterKind.PLANNER: "PlannerFailureQueue",
    LetterKind.SCHEDULE: "ScheduleDeadLetterQueue",
    LetterKind.DIGEST: "ReporterFailureQueue",
    LetterKind.BOOK: "BookFailureQueue",
    LetterKind.EVIDENCE: "EvidenceDeadLetterQueue",
}
"""The queues by the template's outputs. Rounds at tickets have none: the next one is the retry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message that failed for good.

    ``handle`` is the queue's receipt for it; ``reason`` is the error that the queue itself tells.
    """

    kind: LetterKind
    id: str
    body: str
    sent: datetime
    handle: str = ""
    reason: str = ""

    @property
    def job(self) -> Job | None:
        """The job in it, if it is one that this version can read."""
        if self.kind is not LetterKind.JOB:
            return None
        try:
            return Job.model_validate_json(self.body)
        except ValidationError:
            return None

    @property
    def tick(self) -> str:
        """The tick that was to be planned, as it was written; "" if the letter names none."""
        return self.word("tick")

    @property
    def event(self) -> Mapping[str, Any]:
        """The event that the function got, or was to get; empty if it cannot be read."""
        body = _object(self.body)
        # Lambda puts the event into a record of the failure, EventBridge Scheduler sends it as it
        # is.
        event = body.get("requestPayload", body)
        return event if isinstance(event, dict) else {}

    def word(self, name: str) -> str:
        """Return a text of the event as it was written, in short; "" if there is none."""
        text = self.event.get(name)
        return told(text, _LONGEST_WORD) if isinstance(text, str) else ""


class DeadLetters(Protocol):
    """All queues of failures together."""

    def read(self) -> Sequence[Letter]:
        """Return every letter, the oldest first. Each stays where it is."""
        ...

    def delete(self, letter: Letter) -> None:
        """Remove one that has been read. Raises TallyError."""
        ...

    def release(self, letters: Sequence[Letter]) -> None:
        """Let others see those that were read."""
        ...


class SQSDeadLetters:
    """The queues on SQS, by the template's outputs."""

    def __init__(self, client: "SQSClient", outputs: Mapping[str, str]) -> None:
        self._client = client
        try:
            self._urls = {kind: outputs[name] for kind, name in QUEUES.items()}
        except KeyError as error:
            raise SetupError(
                f"The stack has no output {error}: deploy it again with this version."
            ) from None

    def read(self) -> Sequence[Letter]:
        """Return every letter, the oldest first, up to a thousand a queue.

        Nobody else sees them until they are released.
        """
        with ThreadPoolExecutor(len(self._urls)) as pool:
            # At once: each is asked once more after its last letter, and that call waits.
            found = pool.map(self._read, self._urls.keys(), self._urls.values())
        # A standard queue may deliver a message twice: only its newest receipt surely removes it.
        letters = {letter.id: letter for of_queue in found for letter in of_queue}
        return sorted(letters.values(), key=lambda letter: letter.sent)

    def delete(self, letter: Letter) -> None:
        """Remove one that has been read."""
        with aws_errors(f"the dead-letter queue of {letter.kind}"):
            self._client.delete_message(
                QueueUrl=self._urls[letter.kind], ReceiptHandle=letter.handle
            )

    def release(self, letters: Sequence[Letter]) -> None:
        """Let others see the letters at once. One whose time has run out they see already."""
        for letter in letters:
            with aws_errors(f"the dead-letter queue of {letter.kind}"):
                try:
                    self._client.change_message_visibility(
                        QueueUrl=self._urls[letter.kind],
                        ReceiptHandle=letter.handle,
                        VisibilityTimeout=0,
                    )
                except ClientError as error:
                    if not error_code(error).endswith("MessageNotInflight"):
                        raise

    def _read(self, kind: LetterKind, url: str) -> Sequence[Letter]:
        found: list[Letter] = []
        while len(found) < _MOST:
            with aws_errors(f"the dead-letter queue of {kind}"):
                messages = self._client.receive_message(
                    QueueUrl=url,
                    MaxNumberOfMessages=_BATCH,
                    VisibilityTimeout=_HIDDEN_SECONDS,
                    WaitTimeSeconds=_WAIT_SECONDS,
                    MessageSystemAttributeNames=["SentTimestamp"],
                    MessageAttributeNames=["All"],
                ).get("Messages", [])
            if not messages:
                break
            found += [_letter(kind, each) for each in messages]
        return found


def _letter(kind: LetterKind, message: "MessageTypeDef") -> Letter:
    body = message.get("Body", "")
    return Letter(
        kind=kind,
        id=message.get("MessageId", ""),
        body=body,
        sent=_sent(message.get("Attributes", {}).get("SentTimestamp", "0")),
        handle=message.get("ReceiptHandle", ""),
        reason=told(_reason(body, message), LONGEST),
    )


def _sent(milliseconds: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _reason(body: str, message: "MessageTypeDef") -> str:
    """Return the error: Lambda tells it in the body, EventBridge Scheduler in the attributes."""
    record = _object(body)
    response, context = record.get("responsePayload"), record.get("requestContext")
    said = response.get("errorMessage", "") if isinstance(response, dict) else ""
    condition = context.get("condition", "") if isinstance(context, dict) else ""
    if said or condition:
        return str(said or condition)
    attributes = message.get("MessageAttributes", {})
    told = [
        attributes[name].get("StringValue", "")
        for name in ("ERROR_CODE", "ERROR_MESSAGE")
        if name in attributes
    ]
    return " ".join(filter(None, told))


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
