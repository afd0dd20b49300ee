"""Each mutation in turn: planted into a copy, and its killers asked, the cheapest first."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from local.errors import LocalError
from verification.mutations.copies import Copy
from verification.mutations.mutation import Mutation

_LONGEST = 240.0
"""Seconds that one killer may take: with most mutations it is done in three."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict on one mutation: its killer or None, and the reason if there is one."""

    mutation: Mutation
    killed_by: str | None
    seconds: float
    problem: str = ""

    def __str__(self) -> str:
        outcome = self.killed_by or f"SURVIVED {self.problem}".rstrip()
        return f"{self.mutation.rule:9}  {self.mutation.name}: {outcome}"


class Runner:
    """Judges mutations, each in a copy that nobody else uses meanwhile."""

    def __init__(self, folder: Path, *, processes: int) -> None:
        self._copies: SimpleQueue[Copy] = SimpleQueue()
        self._processes = processes
        for number in range(processes):
            self._copies.put(Copy(folder / str(number)))
        self._sound: dict[int, bool] = {}
        self._lock = threading.Lock()

    def judge_all(
        self, mutations: Sequence[Mutation], *, tell: Callable[[str], None]
    ) -> list[Verdict]:
        """Return all verdicts, in the order of the mutations.

        Raises LocalError where a killer finds fault with the sound product.
        """
        self._check_tests(mutations, tell=tell)
        done = 0

        def judge(mutation: Mutation) -> Verdict:
            nonlocal done
            verdict = self.judge(mutation)
            with self._lock:
                done += 1
                tell(f"{done:3} of {len(mutations)}  {verdict.seconds:5.1f} s  {verdict}")
            return verdict

        with ThreadPoolExecutor(self._processes) as pool:
            return list(pool.map(judge, mutations))

    def judge(self, mutation: Mutation) -> Verdict:
        """Plant one, and see whether it is noticed."""
        copy, begun = self._copies.get(), time.monotonic()
        try:
            killed_by, problem = self._killed_by(copy, mutation), ""
        except LocalError as error:
            killed_by, problem = None, f"({error})"
        finally:
            self._copies.put(copy)
        return Verdict(
            mutation=mutation,
            killed_by=killed_by,
            seconds=time.monotonic() - begun,
            problem=problem,
        )

    def _killed_by(self, copy: Copy, mutation: Mutation) -> str | None:
        seeds = [f"--first-seed={mutation.seeds.start}", f"--until-seed={mutation.seeds.stop}"]
        with copy.with_bug(mutation):
            heard = _ask(copy, mutation.tests, mutation=mutation) if mutation.tests else _Heard()
            if heard.killed is None:
                heard = _ask(copy, seeds, mutation=mutation)
        if heard.seed is not None:
            self._check_seed(copy, heard.seed)
        return heard.killed

    def _check_tests(self, mutations: Sequence[Mutation], *, tell: Callable[[str], None]) -> None:
        """A killer that finds fault with the sound product kills nothing: all tests pass on it."""
        tests = sorted({test for mutation in mutations for test in mutation.tests})
        tell(f"the product as it is: {len(tests)} tests and files of tests")

        def check(some: Sequence[str]) -> None:
            copy = self._copies.get()
            try:
                failed = _ask(copy, some).killed if some else None
            finally:
                self._copies.put(copy)
            if failed is not None:
                raise LocalError(f"{failed} fails without any mutation")

        with ThreadPoolExecutor(self._processes) as pool:
            list(
                pool.map(
                    check, [tests[number :: self._processes] for number in range(self._processes)]
                )
            )

    def _check_seed(self, copy: Copy, seed: int) -> None:
        """The same for a seed, once it has violated something with a bug."""
        with self._lock:
            known = self._sound.get(seed)
        if known is None:
            known = _ask(copy, [f"--first-seed={seed}", f"--until-seed={seed + 1}"]).killed is None
            with self._lock:
                self._sound[seed] = known
        if not known:
            raise LocalError(f"seed {seed} violates something without any mutation")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """A killer's report: the test or invariant that noticed something, and the seed."""

    killed: str | None = None
    seed: int | None = None


def _ask(copy: Copy, asked: Sequence[str], *, mutation: Mutation | None = None) -> _Heard:
    """Run a killer in the copy. Raises LocalError if it could not be run there."""
    result = copy.folder / "result.json"
    result.unlink(missing_ok=True)
    module = "tally" if mutation is None else mutation.module
    command = [
        sys.executable,
        "-m",
        "verification.mutations.killer",
        f"--module={module}",
        f"--result={result}",
        *asked,
    ]
    try:
        ended = subprocess.run(  # noqa: S603 - our own program
            command,
            cwd=copy.folder,
            env=dict(copy.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LocalError(f"no end after {_LONGEST:.0f} s") from None
    if ended.returncode != 0:
        raise LocalError(f"the killer ended with {ended.returncode}:\n{ended.stdout[-2000:]}")
    said = json.loads(result.read_text())
    imported = Path(said["imported"]).resolve()
    if not imported.is_relative_to(copy.folder.resolve()) or (
        mutation is not None and imported != (copy.folder / mutation.path).resolve()
    ):
        raise LocalError(f"{imported} was imported, and not the copy in {copy.folder}")
    return _Heard(killed=said["killed"], seed=said["seed"])


def run(
    mutations: Sequence[Mutation], *, processes: int, tell: Callable[[str], None]
) -> list[Verdict]:
    """Judge the mutations in copies that are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        return Runner(Path(folder), processes=processes).judge_all(mutations, tell=tell)
