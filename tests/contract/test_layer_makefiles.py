"""The layers' Makefiles, as `sam build` runs them, in the surroundings that operators have."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.checkout import ROOT

PYTHON = Path(sys._base_executable)  # type: ignore[attr-defined]  # the one below the virtual environment, which is no such
LAYERS = {"dependencies": "DependenciesLayer", "pdf": "PdfLayer", "tally": "TallyLayer"}
WITH_PIP = ["dependencies", "pdf"]
SHIM = """#!/bin/sh
echo "pyenv: ${0##*/}: command not found" >&2
echo "The \\`python3.13' command exists in these Python versions: 3.13.0" >&2
exit 127
"""
WITHOUT_PIP = f"""#!/bin/sh
case "$*" in *pip*) exit 1;; esac
exec {PYTHON} "$@"
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        subprocess.run(
            [PYTHON, "-E", "-c", "import pip"], check=False, capture_output=True
        ).returncode
        != 0,
        reason=(
            "the Python below the virtual environment has no pip: there is nothing for its "
            "settings to be about"
        ),
    ),
]


def script(path: Path, text: str) -> Path:
    """An executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@dataclass(slots=True)
class Surroundings:
    """A folder to which SAM has copied a layer, with one small wheel to install, and what the
    operator's shell has set.
    """

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def build(self, layer: str) -> subprocess.CompletedProcess[str]:
        """Run make as `sam build` does."""
        source, artifacts = self.folder / "source", self.folder / "artifacts"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "layers" / layer, source, ignore=ignored)
        (source / "requirements.txt").write_text(self._wheel())
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "PYENV_", "PYTHON", "MAKE"))
        }
        return subprocess.run(
            ["make", "--makefile", str(source / "Makefile"), f"build-{LAYERS[layer]}"],
            cwd=source,
            check=False,
            capture_output=True,
            text=True,
            env={
                **kept,
                "ARTIFACTS_DIR": str(artifacts),
                "HOME": str(self.folder),
                "PATH": f"{PYTHON.parent}:/usr/bin:/bin",
                "PIP_FIND_LINKS": str(self.folder),
                "PIP_NO_INDEX": "1",
                **self.variables,
            },
        )

    def configure_pip(self, text: str) -> None:
        """What `pip config` has written."""
        (self.folder / "pip.conf").write_text(text)
        self.variables["PIP_CONFIG_FILE"] = str(self.folder / "pip.conf")

    def put_on_path(self, text: str) -> None:
        """A python3.13 before all others."""
        for name in ("python3.13", "python3", "python"):
            script(self.folder / "shims" / name, text)
        self.variables["PATH"] = f"{self.folder / 'shims'}:{PYTHON.parent}:/usr/bin:/bin"

    def _wheel(self) -> str:
        path = self.folder / "tiny-1.0-py3-none-any.whl"
        info = "tiny-1.0.dist-info"
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr("tiny.py", "ANSWER = 42\n")
            wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
            wheel.writestr(
                f"{info}/WHEEL",
                "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            )
            wheel.writestr(
                f"{info}/RECORD", f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
            )
        return f"tiny==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings(tmp_path)


def is_built(around: Surroundings, layer: str) -> None:
    """See that the layer is whole, bytecode included."""
    ended = around.build(layer)
    assert ended.returncode == 0, ended.stderr
    module = {"dependencies": "tiny", "pdf": "tiny", "tally": "tally/errors"}[layer]
    site = around.folder / "artifacts" / "python"
    assert (site / f"{module}.py").exists()
    cached = (site / module).parent / "__pycache__" / f"{Path(module).name}.cpython-313.pyc"
    assert cached.exists()


@pytest.mark.parametrize("layer", LAYERS)
def test_plain(around: Surroundings, layer: str) -> None:
    """Outside of any virtual environment, with nothing set, each layer is built."""
    is_built(around, layer)


@pytest.mark.parametrize("layer", WITH_PIP)
@pytest.mark.parametrize("value", ["1", "true"])
def test_pip_that_asks_for_a_virtual_environment(
    around: Surroundings, layer: str, value: str
) -> None:
    """`PIP_REQUIRE_VIRTUALENV` is about what is installed into a Python, and a layer is not."""
    around.variables["PIP_REQUIRE_VIRTUALENV"] = value
    is_built(around, layer)


@pytest.mark.parametrize("layer", WITH_PIP)
@pytest.mark.parametrize(
    "text",
    [
        "[global]\nrequire-virtualenv = true\n",
        "[global]\nuser = yes\n",
        "[install]\nuser = yes\n",
        (
            "[install]\nprefix = /nonexistent\nroot = /nonexistent\ntarget = "
            "/nonexistent\nconstraint = /nonexistent\n"
            "dry-run = yes\nno-binary = :all:\nupgrade = yes\ncompile = "
            "yes\nignore-installed = yes\n"
        ),
    ],
    ids=lambda text: " ".join(text.split("\n")[1:]).strip(),
)
def test_settings_of_pip(around: Surroundings, layer: str, text: str) -> None:
    """What an operator has told pip to do with a Python's packages is not about a layer's."""
    around.configure_pip(text)
    is_built(around, layer)


@pytest.mark.parametrize("layer", WITH_PIP)
def test_variables_of_pip(around: Surroundings, layer: str) -> None:
    """Nor is what the shell tells it."""
    around.variables |= dict.fromkeys(
        ("PIP_USER", "PIP_DRY_RUN", "PIP_PREFIX", "PIP_ROOT", "PIP_TARGET"), "1"
    )
    is_built(around, layer)


@pytest.mark.parametrize("layer", WITH_PIP)
def test_variables_of_pip_that_change_what_it_does(around: Surroundings, layer: str) -> None:
    """Of pip's variables those alone count that say where it finds packages."""
    nowhere = (
        "PYTHON",
        "REQUIREMENT",
        "EDITABLE",
        "REPORT",
        "ABI",
        "PLATFORM",
        "USE_FEATURE",
        "LOG",
    )
    around.variables |= {f"PIP_{name}": "/nonexistent/x" for name in nowhere}
    is_built(around, layer)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_shim_that_knows_no_python_here(around: Surroundings, layer: str) -> None:
    """A shim of pyenv's fails in the folder to which SAM copies a layer: the next Python 3.13 on
    the PATH is taken.
    """
    around.put_on_path(SHIM)
    is_built(around, layer)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_shim_alone(around: Surroundings, layer: str) -> None:
    """Where there is none on the PATH beside the shim, it is what pyenv has installed."""
    around.put_on_path(SHIM)
    around.variables["PATH"] = f"{around.folder / 'shims'}:/usr/bin:/bin"
    installed = around.folder / "pyenv root" / "versions" / "3.13.0" / "bin" / "python3.13"
    around.variables["PYENV_ROOT"] = str(around.folder / "pyenv root")
    script(installed, f'#!/bin/sh\nexec {PYTHON} "$@"\n')
    is_built(around, layer)


@pytest.mark.parametrize("layer", WITH_PIP)
def test_a_python_without_pip(around: Surroundings, layer: str) -> None:
    """A Python 3.13 without pip, as Debian's, is passed over for one that has it."""
    around.put_on_path(WITHOUT_PIP)
    is_built(around, layer)


@pytest.mark.parametrize("layer", LAYERS)
def test_variables_of_python(around: Surroundings, layer: str) -> None:
    """Where the shell has bytecode kept elsewhere or left out, the layer has its own all the
    same.
    """
    around.variables |= {
        "PYTHONPYCACHEPREFIX": str(around.folder / "elsewhere"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONOPTIMIZE": "2",
    }
    is_built(around, layer)


@pytest.mark.parametrize("layer", LAYERS)
def test_no_python_at_all(around: Surroundings, layer: str) -> None:
    """Without one, the build ends with a sentence that says what to do."""
    tools = around.folder / "tools"
    tools.mkdir()
    for name in ("make", "sh", "mkdir", "cp", "rm", "find"):
        (tools / name).symlink_to(shutil.which(name) or name)
    around.variables["PATH"] = str(tools)
    ended = around.build(layer)
    assert ended.returncode != 0
    assert "No Python 3.13" in ended.stderr
    assert "PYTHON=/path/to/python3.13" in ended.stderr


@pytest.mark.parametrize("layer", LAYERS)
def test_one_that_is_named(around: Surroundings, layer: str) -> None:
    """`PYTHON=… sam build` takes that one."""
    around.put_on_path(SHIM)
    around.variables |= {"PATH": f"{around.folder / 'shims'}:/usr/bin:/bin", "PYTHON": str(PYTHON)}
    is_built(around, layer)
