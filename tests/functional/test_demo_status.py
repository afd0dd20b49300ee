"""What `make demo` ends with: a status that a script can trust, and words for a person."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Self

import pytest

from local import demo
from local.checkout import ROOT
from local.demo_check import Comparison
from local.errors import LocalError


class FakeStack:
    """A stack that starts at once, or fails to."""

    fails: BaseException | None = None
    ended = 0
    children: Sequence[SimpleNamespace] = ()

    def __init__(self, *_arguments: object, **_options: object) -> None:
        pass

    def __enter__(self) -> Self:
        if FakeStack.fails:
            raise FakeStack.fails
        return self

    def __exit__(self, *_error: object) -> None:
        FakeStack.ended += 1


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run the demo with a stack and a play that end as told."""
    FakeStack.fails, FakeStack.ended = None, 0
    monkeypatch.setattr(demo, "Stack", FakeStack)
    monkeypatch.setattr(demo, "_keep_function_logs", lambda _stack: None)
    monkeypatch.setattr("sys.argv", ["demo"])

    def ended(
        *,
        start: BaseException | None = None,
        play: BaseException | Comparison | None = None,
        children: Sequence[SimpleNamespace] = (),
    ) -> int:
        FakeStack.fails, FakeStack.children = start, children

        def played(*_arguments: object) -> Comparison:
            if isinstance(play, BaseException):
                raise play
            return play or Comparison(compared=22, differences=())

        monkeypatch.setattr(demo, "_play", played)
        return demo.main()

    return ended


def test_all_right_is_0(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing differs: one line with how many were compared, and where the logs are."""
    assert run() == 0
    told = capsys.readouterr().out
    assert "22 Additions compared" in told
    assert "no difference" in told
    assert "Logs: .local/demo/" in told


def test_difference_is_1(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    """Each difference is told."""
    assert (
        run(
            play=Comparison(
                compared=22, differences=["Harbor Dental, 2026-09: there is no Addition."]
            )
        )
        == 1
    )
    told = capsys.readouterr().out
    assert "22 Additions compared" in told
    assert "1 difference.\n  Harbor Dental, 2026-09: there is no Addition.\n" in told


def test_failure_while_playing_is_1(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """What stopped the demo is told without a stack trace, and the stack is ended."""
    assert run(play=LocalError("the planner raised SetupError: no keys")) == 1
    assert "The demo stopped: the planner raised SetupError: no keys" in capsys.readouterr().err
    assert FakeStack.ended == 1


def test_program_that_died_is_named(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a simulator or MiniStack is gone, that is the cause of whatever else is told."""
    died = SimpleNamespace(name="connectwise simulator", process=SimpleNamespace(poll=lambda: -9))
    assert (
        run(
            play=LocalError("the queue of jobs is empty: still not so after 120 s"), children=[died]
        )
        == 1
    )
    assert "The demo stopped (connectwise simulator ended): the queue" in capsys.readouterr().err


def test_stack_that_does_not_start_is_2(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Why it did not start is told, with the log's path as seen from the checkout."""
    assert run(start=LocalError(f"MiniStack ended with 1; {ROOT}/.local/demo/ministack.log")) == 2
    told = capsys.readouterr().err
    assert (
        "The stack could not be started: MiniStack ended with 1; .local/demo/ministack.log" in told
    )
    assert str(ROOT) not in told


@pytest.mark.parametrize("when", ["start", "play"])
def test_interruption_is_130(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], when: str
) -> None:
    """Ctrl-C ends it without a stack trace, whenever it comes."""
    assert run(**{when: KeyboardInterrupt()}) == 130
    assert "Interrupted" in capsys.readouterr().out
    assert FakeStack.ended == (when == "play")
