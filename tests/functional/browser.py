"""A real browser without a window: it opens a page in a frame, does what a script says, and tells.

The page is put into the frame as it is, so that its own policy holds; the script around it may look
into the frame.
"""

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the script returned, and what the page wrote to the browser's console."""

    told: Any
    console: list[str]


def look(page: str, script: str, *, width: int) -> Looked:
    """Open a page at a width; ``script`` is a function's body, with ``page`` the page's document.

    What it returns is given back.
    """
    around = (
        f'<iframe id="frame" style="width:{width}px;height:800px;border:0" srcdoc="{escape(page)}">'
        f'</iframe><pre id="told"></pre><script>document.getElementById("frame").onload = () => {{'
        'const page = document.getElementById("frame").contentDocument;'
        f"const told = (() => {{ {script} }})();"
        'document.getElementById("told").textContent = encodeURIComponent(JSON.stringify(told));'
        "};</script>"
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "around.html"
        file.write_text(f'<!DOCTYPE html><meta charset="utf-8">{around}', encoding="utf-8")
        profile = f"--user-data-dir={folder}/profile"
        ended = subprocess.run(
            [str(BROWSER), *_OPTIONS, profile, "--dump-dom", file.as_uri()],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    told = ended.stdout.partition('<pre id="told">')[2].partition("</pre>")[0]
    return Looked(
        told=json.loads(unquote(told)),
        console=[line for line in ended.stderr.splitlines() if "CONSOLE" in line],
    )
