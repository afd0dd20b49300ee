"""What a call can take at most, of time and of memory, over real connections on loopback."""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest

from local.processes import wait_until
from tally.errors import AmbiguousError, TallyError, TooLargeError, TooSlowError
from tally.transport.classify import Dialect
from tally.transport.failures import Effect
from tally.transport.http_call import Answer, Call, Transport
from tally.transport.session import LARGEST_BODY, prepared

OK = b"HTTP/1.1 200 OK\r\n"
DRIPS_FOR = 30.0
"""Seconds: many times the time that a call has, and an end for whoever would wait for it."""
TIMEOUT = 0.4
LONG = 300.0
"""Seconds that nothing here takes, on a machine with much to do either."""
PAUSE = 1.5
"""Seconds before a slow answer begins."""


class Server:
    """A server of one answer: ``speak`` writes it to each connection that has asked for
    something.
    """

    def __init__(self, speak: Callable[[socket.socket], None]) -> None:
        self._speak = speak
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/things"
        self.asked = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while connection.recv(65_536):
                self.asked += 1
                self._speak(connection)


def drip(head: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    """Sends a beginning, and then the same bit every 50 ms."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(head)
        ends = time.monotonic() + DRIPS_FOR
        while time.monotonic() < ends:  # or until whoever called has gone
            connection.sendall(piece)
            time.sleep(0.05)

    return speak


def whole(body: bytes, *headers: str, status: bytes = OK) -> Callable[[socket.socket], None]:
    """Sends an answer at once."""
    lines = "".join(f"{each}\r\n" for each in (*headers, f"Content-Length: {len(body)}"))
    return lambda connection: connection.sendall(status + lines.encode() + b"\r\n" + body)


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[socket.socket], None]], Server]]:
    servers: list[Server] = []

    def make(speak: Callable[[socket.socket], None]) -> Server:
        servers.append(Server(speak))
        return servers[-1]

    yield make
    for each in servers:
        each.close()


type Serve = Callable[[Callable[[socket.socket], None]], Server]


def send(server: Server, effect: Effect = Effect.CREATES, timeout: float = TIMEOUT) -> Answer:
    """One call; what creates is made once, so that its time is an attempt's."""
    transport = Transport(
        Dialect(url_setting="THE_URL"), secrets=(), timeout=timeout, sleep=lambda _: None
    )
    return transport.send(
        prepared("POST", server.url, {"Accept-Encoding": "gzip, deflate"}),
        Call(name="POST it", effect=effect),
    )


def error_of(server: Server, effect: Effect = Effect.CREATES) -> TallyError:
    with pytest.raises(TallyError) as caught:
        send(server, effect)
    return caught.value


DRIPS = {
    "status line": (b"", b"H"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a header": (OK + b"X-Slow: ", b"z"),
    "headers": (OK, b"X-Slow: z\r\n"),
    "the body": (OK + b"Content-Length: 1000\r\n\r\n", b" "),
    "a body without end": (OK + b"\r\n", b" "),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "the size of a chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Slow: z\r\n"),
    "a refusal's body": (b"HTTP/1.1 400 Bad\r\nContent-Length: 1000\r\n\r\n", b" "),
}


@pytest.mark.slow
@pytest.mark.parametrize("dripped", DRIPS)
def test_a_server_that_drips_is_left_in_time(serve: Serve, dripped: str) -> None:
    """SAFE-10: the time of a call is the whole's: one byte now and then, wherever it stands,
    prolongs it by nothing.
    """
    error = error_of(serve(drip(*DRIPS[dripped])))
    assert type(error) is AmbiguousError, "whether it happened nobody knows"
    assert f"no answer within {TIMEOUT:g} s" in str(error)


@pytest.mark.slow
def test_a_read_that_drips_is_too_slow(serve: Serve) -> None:
    """SAFE-10: of a read it says that it took too long, so that less can be asked for; it is made
    three times at most.
    """
    server = serve(drip(OK + b"Content-Length: 1000\r\n\r\n", b" "))
    assert type(error_of(server, Effect.NONE)) is TooSlowError
    wait_until(lambda: server.asked == 3, what="its last call has been seen")


@pytest.mark.slow
def test_a_slow_beginning_is_waited_for(serve: Serve) -> None:
    """SAFE-6: what comes whole in its time is an answer, and the connection serves the next call
    with all of its time.
    """

    def speak(connection: socket.socket) -> None:
        time.sleep(PAUSE)
        connection.sendall(OK + b"Content-Length: 2\r\n\r\n[]")

    server = serve(speak)
    transport = Transport(Dialect(url_setting="THE_URL"), secrets=(), timeout=3.5 * PAUSE)
    for _ in range(4):
        assert transport.send(prepared("GET", server.url, {}), Call(name="GET it")).body == b"[]"
    assert server.asked == 4


BOMB = 100 << 20
"""Bytes that each bomb unpacks to."""


def packed(coding: str) -> bytes:
    """Pack a bomb, once for each layer of the coding."""
    if coding == "deflate":
        return zlib.compress(b" " * BOMB, level=1)
    body = gzip.compress(b" " * BOMB, compresslevel=1)
    return gzip.compress(body) if coding == "gzip, gzip" else body


def pour(connection: socket.socket) -> None:
    """Sends as much as a bomb unpacks to, as it is."""
    connection.sendall(OK + b"Content-Length: %d\r\n\r\n" % BOMB)
    for _ in range(BOMB >> 20):
        connection.sendall(b" " * (1 << 20))


@pytest.mark.slow
@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip", ""])
def test_a_bomb_is_not_unpacked(serve: Serve, coding: str) -> None:
    """SAFE-10: of a body some 16 MB are read, unpacked, however small it came; what is larger is
    asked for once.
    """
    server = serve(pour if not coding else whole(packed(coding), f"Content-Encoding: {coding}"))
    tracemalloc.start()
    with closing(server):
        for effect, expected in ((Effect.NONE, TooLargeError), (Effect.CREATES, AmbiguousError)):
            with pytest.raises(TallyError) as caught:
                send(server, effect, timeout=LONG)
            assert type(caught.value) is expected
            assert "larger than 16 MB" in str(caught.value)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * LARGEST_BODY
    assert server.asked == 2


def test_a_large_refusal_is_one(serve: Serve) -> None:
    """SAFE-10: what is too large to be read is still what its status says."""
    body = gzip.compress(b'"no" ' * (8 << 20))
    server = serve(
        whole(
            body,
            "Content-Encoding: gzip",
            status=b"HTTP/1.1 429 Slow down\r\nRetry-After: 60, 90\r\n",
        )
    )
    with pytest.raises(TallyError) as caught:
        send(server, timeout=LONG)
    assert getattr(caught.value, "retry_after").total_seconds() == 90  # noqa: B009 - of a rate limit alone


@pytest.mark.parametrize("size", [0, 1, LARGEST_BODY])
def test_what_is_not_too_large_is_read_whole(serve: Serve, size: int) -> None:
    """SAFE-10: the limit is beyond any list that is foreseen; up to it nothing is lost."""
    server = serve(whole(gzip.compress(b" " * size), "Content-Encoding: gzip"))
    assert len(send(server, timeout=LONG).body) == size


@pytest.mark.parametrize(
    "speak",
    [
        whole(b"[]", "Content-Length: 2, 3"),
        whole(b"-5\r\n[]", "Transfer-Encoding: chunked"),
        whole(b"x\r\n[]", "Transfer-Encoding: chunked"),
    ],
    ids=["two lengths", "a chunk of a negative size", "a chunk of no size"],
)
def test_sizes_that_are_none(serve: Serve, speak: Callable[[socket.socket], None]) -> None:
    """SAFE-2: whatever is wrong with an answer, it was answered: nobody says that it was not
    sent.
    """
    assert type(error_of(serve(speak))) is AmbiguousError


def test_a_packed_body_that_is_broken(serve: Serve) -> None:
    """SAFE-2: what cannot be unpacked is no answer."""
    assert (
        type(error_of(serve(whole(b"\x1f\x8b\x08 nonsense", "Content-Encoding: gzip"))))
        is AmbiguousError
    )
