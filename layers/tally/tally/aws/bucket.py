"""Keep objects in an S3 bucket."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from tally.aws.refusals import as_tally_error, aws_errors, error_code
from tally.errors import ConflictError

_THERE_ALREADY = "PreconditionFailed"
_NOT_THERE = "NoSuchKey"


class Client(Protocol):
    """The part of boto3's S3 client that is used."""

    def put_object(self, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401 - boto3's request
        """Store an object."""
        ...

    def get_object(self, *, Bucket: str, Key: str) -> Mapping[str, Any]:  # noqa: N803 - boto3
        """Return an object."""
        ...

    def list_objects_v2(self, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as above
        """List a page of objects."""
        ...


class S3Bucket:
    """An S3 bucket. Threads may share it, as they may share boto's client.

    All methods raise SetupError, TransientError or ContractError with the bucket's name. All are
    safe to repeat.
    """

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._name = name
        self._what = f"the bucket {name}"

    @property
    def name(self) -> str:
        """The bucket's name."""
        return self._name

    def put(self, key: str, content: bytes, *, media_type: str, only_new: bool = False) -> None:
        """Store an object; with ``only_new``, raise ConflictError if there is one of that key.

        boto repeats a write whose answer was lost, and the repeat meets what the first one stored:
        the same content is no conflict.
        """
        # S3 answers 412 to `If-None-Match: *` where there is an object (User Guide, Conditional
        # writes).
        condition = {"IfNoneMatch": "*"} if only_new else {}
        try:
            self._client.put_object(
                Bucket=self._name, Key=key, Body=content, ContentType=media_type, **condition
            )
        except ClientError as error:
            if error_code(error) != _THERE_ALREADY:
                raise as_tally_error(error, what=self._what) from error
            if self.get(key) != content:
                raise ConflictError(f"{self._what} has another object {key} already.") from error
        except BotoCoreError as error:
            raise as_tally_error(error, what=self._what) from error

    def get(self, key: str) -> bytes | None:
        """Return the newest version of an object; None if there is none."""
        try:
            content: bytes = self._client.get_object(Bucket=self._name, Key=key)["Body"].read()
        except ClientError as error:
            if error_code(error) == _NOT_THERE:
                return None
            raise as_tally_error(error, what=self._what) from error
        except BotoCoreError as error:
            raise as_tally_error(error, what=self._what) from error
        return content

    def keys(self, beginning: str) -> Iterator[str]:
        """Yield the keys of all objects that begin so, in order."""
        request = {"Bucket": self._name, "Prefix": beginning}
        while True:
            with aws_errors(self._what):
                page = self._client.list_objects_v2(**request)
            yield from (each["Key"] for each in page.get("Contents", ()))
            if not (after := page.get("NextContinuationToken")):
                return
            request = {**request, "ContinuationToken": after}
