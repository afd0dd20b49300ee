"""A simulator behind a port: HTTP/1.1 on loopback.

Each connection has a thread; inside, one call runs at a time.
"""

import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import override
from urllib.parse import parse_qsl, unquote, urlsplit

from simulators.control_calls import control
from simulators.core import NoAnswerError, Request, Response, Simulator

CONTROL_PREFIX = "/_sim/"


class SimulatorServer(ThreadingHTTPServer):
    """Serves one simulator. Port 0 takes a free one, and `url` names it.

    With `listener`, a bound socket, it serves on that. A fault without an answer closes the
    connection, so a caller over HTTP sees a reset rather than a timeout.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        simulator: Simulator,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        listener: socket.socket | None = None,
    ) -> None:
        self.simulator = simulator
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        super().__init__((host, port), _Handler, bind_and_activate=listener is None)
        if listener is not None:
            self.socket.close()
            self.socket, self.server_address = listener, listener.getsockname()
            self.server_activate()

    @property
    def url(self) -> str:
        """The address to call, without a slash at its end."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def answer(self, request: Request) -> Response:
        """Answer an API or a control call.

        The delay is waited for outside the lock, and a stop cuts it short.
        """
        with self._lock:
            if request.path.startswith(CONTROL_PREFIX):
                return control(self.simulator, request.method, request.path, request.body)
            response = self.simulator.handle(request)
        if response.delay:
            self._stopping.wait(response.delay)
        return response

    @override
    def shutdown(self) -> None:
        self._stopping.set()
        super().shutdown()


def serve(server: SimulatorServer, announce: Callable[[str], None] = print) -> None:
    """Serve until SIGTERM or SIGINT; announce `listening on <url>` at the start.

    Main thread only.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # shutdown() waits for the loop that this very thread runs.
        threading.Thread(target=server.shutdown, daemon=True).start()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        announce(f"listening on {server.url}")
        server.serve_forever(poll_interval=0.1)
    finally:
        server.server_close()
        for number, handler in previous.items():
            signal.signal(number, handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small answers on kept connections: Nagle's algorithm would hold them back by 40 ms.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: SimulatorServer

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Serve every HTTP method alike: the base class looks for `do_GET` and its like."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the call log is asked for by control calls."""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True
            self._send(Response(411, {}, b""))
            return
        body = self.rfile.read(int(length))
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, unquote(url.path), query, headers, body)
        try:
            response = self.server.answer(request)
        except NoAnswerError:
            self._hang_up()
            return
        # A caller whose patience ended before a slow answer came has gone.
        with suppress(ConnectionError):
            self._send(response)

    def _send(self, response: Response) -> None:
        known = response.status in {status.value for status in HTTPStatus}
        self.send_response(response.status, None if known else "Unknown")
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
