"""Our own child processes: each starts in its own group, and the group ends with the program."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from local.errors import LocalError

PATIENCE = 300.0
"""Seconds to wait for anything before it counts as failed; a busy machine takes long."""
_POLL_SECONDS = 0.05
_STOP_SECONDS = 5.0
_TAIL_LINES = 30


LOOPBACK = "127.0.0.1"


def reserved_port(*, host: str = LOOPBACK) -> socket.socket:
    """Return a bound socket that holds a free port of this machine, for a program to listen on.

    A port that is only looked up may be somebody else's before the program is up. On this one
    nobody answers until then.
    """
    listener = socket.socket()
    listener.bind((host, 0))
    return listener


def url_of(listener: socket.socket) -> str:
    """The address at which whoever listens on the socket is reached."""
    host, port = listener.getsockname()
    return f"http://{host}:{port}"


def port_of(url: str) -> int:
    """The port in an address that ends with it."""
    return int(url.rpartition(":")[2])


def host_of(url: str) -> str:
    """The host in an address that ends with a port."""
    return url.rpartition(":")[0].rpartition("/")[2]


def wait_until(condition: Callable[[], bool], *, seconds: float = PATIENCE, what: str) -> None:
    """Ask until the condition holds.

    Raises LocalError, which names `what` was waited for, when `seconds` have passed.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise LocalError(f"{what}: still not so after {seconds:g} s")
        time.sleep(_POLL_SECONDS)


def answers(port: int, *, host: str = LOOPBACK) -> bool:
    """Return True if somebody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def tail(log: Path) -> str:
    """The last lines of a log, for an error's text."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-_TAIL_LINES:])


def command_line(process: int) -> str:
    """Return the command line of a process, empty if there is none.

    It tells our process from another one that got its number since.
    """
    command = Path(f"/proc/{process}/cmdline")
    if not command.parent.parent.exists():  # not Linux
        listing = subprocess.run(  # noqa: S603  # no shell, and a number
            ["/bin/ps", "-o", "command=", "-p", str(process)],
            capture_output=True,
            text=True,
            check=False,
        )
        return listing.stdout.strip()
    return command.read_text().replace("\0", " ").strip() if command.exists() else ""


def end_groups(groups: Iterable[int]) -> None:
    """End process groups: ask with SIGTERM, insist with SIGKILL.

    A group that is gone is no error.
    """
    left = {group for group in groups if _signalled(group, signal.SIGTERM)}
    deadline = time.monotonic() + _STOP_SECONDS
    while left and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        left = {group for group in left if _signalled(group, 0)}
    for group in left:
        _signalled(group, signal.SIGKILL)


def _signalled(group: int, number: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(-group, os.WNOHANG)  # one that ended is there until its parent has asked
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A program that runs until it is stopped, with everything that it starts itself."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str],
        listener: socket.socket,
    ) -> "Child":
        """Start a program with that environment.

        It inherits no open file of ours but the listener. The listener goes by its number; the
        program's output goes to the log.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603  # our own programs
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[listener.fileno()],
            )
        # it is the program's: with a second one here, callers would wait for a program that has
        # ended
        listener.close()
        return cls(name=name, process=process, log=log)

    def wait_for_port(self, port: int, *, host: str = LOOPBACK) -> None:
        """Wait until it listens.

        Raises LocalError with its last words if it ends or takes too long.
        """

        def listening() -> bool:
            if self.process.poll() is not None:
                raise LocalError(
                    f"{self.name} ended with {self.process.returncode}; "
                    f"{self.log}:\n{tail(self.log)}"
                )
            return answers(port, host=host)

        wait_until(listening, what=f"{self.name} listens on port {port}, log {self.log}")

    def stop(self) -> None:
        """End it and all that it started; twice is once."""
        stop_all([self])


def stop_all(children: Sequence[Child]) -> None:
    """End them and all that they started, at the same time."""
    end_groups(child.process.pid for child in children)
    for child in children:
        child.process.wait()


def run(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    directory: Path,
    answer: Path | None = None,
) -> None:
    """Run a program to its end, and end it if we are ended.

    Raises LocalError with its last words if it fails. Its output goes to the log; with `answer` its
    standard output goes there, and the log has the rest.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("wb") as output,
        answer.open("wb") if answer else contextlib.nullcontext(output) as printed,
        subprocess.Popen(  # noqa: S603  # our own programs
            command,
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        try:
            code = process.wait()
        except BaseException:
            end_groups([process.pid])
            raise
    if code != 0:
        raise LocalError(
            f"`{' '.join(map(str, command[:2]))} …` ended with {code}; {log}:\n{tail(log)}"
        )


@contextlib.contextmanager
def ended_in_order() -> Iterator[None]:
    """Raise KeyboardInterrupt at SIGTERM and SIGHUP too, as Ctrl-C does.

    So every `finally` is reached. The exception is not SystemExit, which pytest takes for a failed
    test. Outside the main thread this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore Ctrl-C and SIGTERM inside, for an ending that takes a moment and must be whole."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
