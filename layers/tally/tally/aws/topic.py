"""Send announcements to an SNS topic."""

from typing import Protocol

from tally.aws.refusals import aws_errors


class Client(Protocol):
    """The part of boto3's SNS client that is used."""

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> object:  # noqa: N803 - boto3
        """Send to all subscribers."""
        ...


class SNSTopic:
    """An SNS topic, with its subscribers' mail addresses and queues. Threads may share it."""

    def __init__(self, client: Client, arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, *, subject: str, text: str) -> None:
        """Send a text to all subscribers, and again if the answer was lost.

        Raises SetupError, TransientError or ContractError.
        """
        with aws_errors(f"the topic {self._arn}"):
            self._client.publish(TopicArn=self._arn, Subject=subject, Message=text)
