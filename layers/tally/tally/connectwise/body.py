"""The model that bodies of writes to ConnectWise are made of."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Body(BaseModel):
    """A body that can hold its own fields alone, under the names that ConnectWise gives them.

    Built at first use: an invocation writes one or two of them, if any.
    """

    model_config = ConfigDict(
        defer_build=True,
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
    )
