"""`tally secrets set` on a real terminal: what a person who looks over the shoulder sees."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from tests.cli.installed import KEYS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SECONDS = 300
"""Longer than it takes on a machine with much to do."""


@dataclass(slots=True)
class Terminal:
    """The program on a terminal; what it shows is kept."""

    process: subprocess.Popen[bytes]
    master: int
    shown: str = ""

    @classmethod
    def start(cls) -> Self:
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.at_terminal"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
            start_new_session=True,
        )
        os.close(slave)
        return cls(process, master)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Read until it shows that."""
        end = time.monotonic() + SECONDS
        while (found := re.search(pattern, self.shown)) is None:
            ready, _, _ = select.select([self.master], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"not shown within {SECONDS} s: {pattern}\n{self.shown}"
            self.shown += os.read(self.master, 65536).decode()
        return found

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def ended(self) -> dict[str, Any]:
        """How it ended."""
        told: dict[str, Any] = json.loads(self.wait_for(r"ENDED (\{.*\})\s")[1])
        self.process.wait(SECONDS)
        os.close(self.master)
        return told


PROMPTS = (
    "GravityZone API key",
    "ConnectWise public key",
    "ConnectWise private key",
    "ConnectWise client id",
)


def test_nothing_that_is_typed_shows() -> None:
    """On a terminal no key is echoed, before or after Enter; four right keys are stored."""
    terminal = Terminal.start()
    for prompt, key in zip(PROMPTS, KEYS.values(), strict=True):
        terminal.wait_for(f"{prompt}.*: ")
        terminal.type(f"{key}\r")
    assert terminal.ended() == {"code": 0, "versions": 2}
    assert not [key for key in KEYS.values() if key in terminal.shown]


@pytest.mark.parametrize(
    ("pressed", "code"), [("\x03", 130), ("\x04", 2)], ids=["Ctrl-C", "Ctrl-D"]
)
def test_pressed_at_a_prompt(pressed: str, code: int) -> None:
    """Ctrl-C and Ctrl-D at a prompt end it with one line, and nothing is stored."""
    terminal = Terminal.start()
    terminal.wait_for(f"{PROMPTS[0]}.*: ")
    terminal.type(f"{KEYS['gravityzone_api_key']}\r")
    terminal.wait_for(f"{PROMPTS[1]}.*: ")
    terminal.type(pressed)
    assert terminal.ended() == {"code": code, "versions": 1}
    assert "nothing was stored" in terminal.shown
    assert "Traceback" not in terminal.shown
    assert KEYS["gravityzone_api_key"] not in terminal.shown
