"""A transport over scripted answers."""

from collections.abc import Callable

import pytest
import requests

from tally.errors import (
    TallyError,
)
from tally.transport.classify import Dialect
from tally.transport.failures import Effect
from tally.transport.http_call import Answer, Call, Transport
from tests.unit.scripted import Loose, Scripted, Step

READ, SET, MAKE = Effect.NONE, Effect.SETS, Effect.CREATES


class World:
    """A transport over scripted answers, with a clock that only waits move."""

    def __init__(
        self, steps: list[Step] | Callable[[requests.PreparedRequest], Step], **options: Loose
    ) -> None:
        self.network = Scripted(steps)
        self.waits: list[float] = []
        for name, value in {"secrets": ("s3cr3t",), "timeout": 10.0}.items():
            options.setdefault(name, value)
        self.transport = Transport(
            Dialect(url_setting="THE_URL", request_id_header="x-request-id"),
            sleep=self.waits.append,
            jitter=lambda: 0.0,
            adapter=self.network,
            **options,
        )

    def send(self, effect: Effect = READ, **options: Loose) -> Answer:
        request = requests.Request("GET", "https://api.test/things").prepare()
        return self.transport.send(
            request, Call(name="Vendor GET /things", effect=effect, request_id="r1"), **options
        )

    def error(self, effect: Effect = READ) -> TallyError:
        with pytest.raises(TallyError) as caught:
            self.send(effect)
        return caught.value
