"""The secret as it is stored: its fields, and new keys put into it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from tally.aws.refusals import as_tally_error, aws_errors, error_code
from tally.aws.secret import ApiKeys, read_keys
from tally.errors import SetupError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def stored(client: "SecretsManagerClient", secret_id: str) -> Mapping[str, Any]:
    """Return the fields of the secret's object, ours and others'; none if it holds no object.

    Raises:
        TallyError: It may not or cannot be read, and so must not be overwritten.
    """
    what = f"the secret {secret_id}"
    try:
        text = client.get_secret_value(SecretId=secret_id).get("SecretString", "")
    except ClientError as error:
        # Secrets Manager answers so for a secret without a value too.
        if error_code(error) != "ResourceNotFoundException":
            raise as_tally_error(error, what=what) from None
        return {}
    except BotoCoreError as error:
        raise as_tally_error(error, what=what) from None
    try:
        found = json.loads(text)
    # No object is in it, so no field of somebody else's is lost if it is written over.
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def keys_in(client: "SecretsManagerClient", secret_id: str) -> ApiKeys:
    """Return the keys in the secret.

    Raises:
        TallyError: They may not or cannot be read, or they are not all there.
    """
    try:
        return read_keys(client, secret_id)
    except SetupError as error:
        stored(client, secret_id)  # a refusal of AWS is raised here as it is
        raise SetupError(
            f"{error} `tally secrets set` asks for the keys and stores them."
        ) from None


def store(client: "SecretsManagerClient", secret_id: str, fields: Mapping[str, Any]) -> None:
    """Make this the secret's value. Secrets Manager keeps the value before as a version."""
    with aws_errors(f"the secret {secret_id}"):
        client.put_secret_value(SecretId=secret_id, SecretString=json.dumps(dict(fields)))
