"""The topic's adapter for SNS."""

from typing import Protocol

from tally.aws.refusals import aws_errors


class Client(Protocol):
    """What is used of boto3's SNS client."""

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> object:  # noqa: N803 - boto3's own names
        """Send to all subscribers."""
        ...


class SNSTopic:
    """An SNS topic: mail addresses and queues may be subscribed to it. Safe to share between threads."""

    def __init__(self, client: Client, arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, *, subject: str, text: str) -> None:
        """Send it to all subscribers; twice where an answer was lost. Raises SetupError, TransientError or ContractError."""
        with aws_errors(f"the topic {self._arn}"):
            self._client.publish(TopicArn=self._arn, Subject=subject, Message=text)
