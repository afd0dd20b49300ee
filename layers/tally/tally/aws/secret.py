"""Read the four keys from their secret in Secrets Manager."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from tally.aws.refusals import as_tally_error, error_code
from tally.errors import SetupError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class ApiKeys(BaseModel):
    """The secret's JSON object. No value shows in a ``repr`` or an error."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    gravityzone_api_key: SecretStr
    connectwise_public_key: SecretStr
    connectwise_private_key: SecretStr
    connectwise_client_id: SecretStr


_EXPECTED = ", ".join(ApiKeys.model_fields)


def read_keys(client: "SecretsManagerClient", secret_id: str) -> ApiKeys:
    """Read the keys. Raises SetupError if the secret is empty, malformed, or may not be read."""
    try:
        text = client.get_secret_value(SecretId=secret_id).get("SecretString", "")
    except ClientError as error:
        # Secrets Manager answers the same for a secret without a value as for none at all.
        if error_code(error) != "ResourceNotFoundException":
            raise as_tally_error(error, what=f"the secret {secret_id}") from None
        text = ""
    except BotoCoreError as error:
        raise as_tally_error(error, what=f"the secret {secret_id}") from None
    if not text:
        raise SetupError(
            f"The secret {secret_id} has no value yet: put a JSON object with {_EXPECTED} in it."
        )
    try:
        return ApiKeys.model_validate_json(text)
    except ValidationError as error:
        missing = [str(problem["loc"][0]) for problem in error.errors() if problem["loc"]]
        problem = (
            f"lacks, or has no text for, {', '.join(missing)}"
            if missing
            else "is not a JSON object"
        )
    raise SetupError(
        f"The secret {secret_id} {problem}: it must be a JSON object with {_EXPECTED}."
    )
