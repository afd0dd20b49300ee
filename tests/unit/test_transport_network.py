"""The shared way to both APIs over real sockets: what is surely not sent is told from what may have
arrived.
"""

import base64
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from pydantic import TypeAdapter

from tally.errors import AmbiguousError, TallyError, TransientError
from tally.transport.api_keys import basic_auth
from tally.transport.classify import Dialect
from tally.transport.failures import Effect
from tally.transport.http_call import Call, Transport

BODY = b'{"the": "end"}'
KEY = "t0p-s3cr3t-key"
ANY_OBJECT = TypeAdapter(dict[str, object]).validate_json
ENCODED = base64.b64encode(f"{KEY}:".encode()).decode()


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port on loopback whose one connection is served by a function."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            connection, _ = server.accept()
            with connection:
                received = b""
                while not received.endswith(BODY):
                    received += connection.recv(65536)
                serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield server.getsockname()[1]
        thread.join(timeout=300)
        assert not thread.is_alive()


def post(port: int, *, timeout: float = 300.0) -> TallyError:
    """The error of a POST with a key to that port."""
    transport = Transport(Dialect(url_setting="THE_URL"), secrets=(KEY, ENCODED), timeout=timeout)
    headers = {"Authorization": basic_auth(KEY, "")}
    request = requests.Request(
        "POST", f"http://127.0.0.1:{port}/x", headers=headers, data=BODY
    ).prepare()
    with pytest.raises(TallyError) as caught:
        transport.parse(
            transport.send(request, Call(name="Vendor POST /x", effect=Effect.CREATES)), ANY_OBJECT
        )
    return caught.value


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that nobody listens on, and that nobody can take meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_a_refused_connection_has_sent_nothing() -> None:
    """SAFE-2: connection refused: the POST has not happened, and may be made again at the next
    tick.
    """
    with closed_port() as port:
        error = post(port)
    assert type(error) is TransientError
    assert str(error) == "Vendor POST /x: no connection"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "the connection broke"),
        (b"HTTP/1.1 201 Cre", "an empty body"),
        (b"no HTTP at all\r\n\r\n", "the connection broke"),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{", "the connection broke"),
        (
            b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
            "the connection broke",
        ),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nOops", "HTTP 500"),
    ],
)
def test_a_connection_that_breaks_leaves_a_doubt(sent: bytes, said: str) -> None:
    """SAFE-2: a POST whose answer broke off anywhere, or was a 5xx, may have happened."""
    with listening(lambda connection: connection.sendall(sent)) as port:
        error = post(port)
    assert type(error) is AmbiguousError
    assert said in str(error)


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"])
def test_silence_leaves_a_doubt(sent: bytes) -> None:
    """SAFE-2: a POST that arrived and is not answered within the timeout, or not to its end, may
    have happened.
    """
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(sent)
        over.wait(300)

    with listening(serve) as port:
        error = post(port, timeout=0.2)
        over.set()
    assert type(error) is AmbiguousError
    assert "no answer within 0.2 s" in str(error)


@pytest.mark.parametrize("answered", [True, False])
def test_no_key_in_anything_an_error_carries(answered: bool) -> None:
    """Secrets are in no error: not in its text, its traceback, its causes, nor in any object that
    hangs on these.
    """
    if answered:
        echo = f"HTTP/1.1 400 Bad\r\nContent-Length: 200\r\n\r\n{KEY} {ENCODED}".encode().ljust(240)
        with listening(lambda connection: connection.sendall(echo)) as port:
            error = post(port)
    else:
        with closed_port() as port:
            error = post(port)
    chain: list[BaseException] = [error]
    for each in chain:
        chain += [
            inner
            for inner in (each.__cause__, each.__context__)
            if inner is not None and inner not in chain
        ]
        assert not hasattr(each, "request")
    shown = "".join(traceback.format_exception(error)) + "".join(
        repr(each) + repr(vars(each)) for each in chain
    )
    assert KEY not in shown
    assert ENCODED not in shown
    assert chain == [error]
