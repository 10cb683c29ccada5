"""Processes: each way to end has its sentence, and nothing is left hanging."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from benchmarks.errors import InputError
from benchmarks.processes.nursery import Nursery
from benchmarks.processes.starting import Afresh, Starter
from benchmarks.processes.worker import Refused, Worker, WorkerEnded, call, describe_end

HERE = "tests.execution.targets"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["afresh", "copied"])
def starter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Starter]:
    """Each way to start a process, with a variable of its own."""
    afresh = Afresh(environment={"OF_THE_TEST": "set"})
    copied = request.param == "copied"
    starter = Nursery([HERE], afresh, tmp_path / "nursery.txt") if copied else afresh
    yield starter
    starter.close()


@pytest.fixture
def echo(starter: Starter) -> Iterator[Worker]:
    worker = Worker(f"{HERE}:echo", starter=starter)
    yield worker
    worker.close()


@pytest.fixture
def asked(starter: Starter) -> Callable[..., Any]:
    """Calls a target in a process of its own."""
    return lambda target, **arguments: call(f"{HERE}:{target}", arguments, starter=starter)


def test_arrays_go_there_and_come_back(echo: Worker) -> None:
    images = np.arange(5_000_000, dtype=np.uint8).reshape(1000, 5000)
    echo.send(images)
    assert np.array_equal(echo.receive(), images)


def test_an_answer_comes_back_as_it_was_made(asked: Callable[..., Any]) -> None:
    assert asked("double", numbers=(1, 2)) == (2, 4)


def test_threads_and_environment_are_set_before_anything_is_imported(tmp_path: Path) -> None:
    afresh = Afresh(3, {"KERAS_BACKEND": "jax"})
    copied = Nursery([HERE], afresh, tmp_path / "log.txt")
    for starter in (afresh, copied):
        found = call(f"{HERE}:variables", {}, starter=starter)
        assert (found["OMP_NUM_THREADS"], found["KERAS_BACKEND"]) == ("3", "jax")
    copied.close()


def test_what_is_forbidden_cannot_be_opened(tmp_path: Path, starter: Starter) -> None:
    (tmp_path / "sealed").mkdir()
    file = tmp_path / "sealed" / "labels.txt"
    file.write_text("secret", "utf-8")
    with pytest.raises(InputError, match="PermissionError: sealed"):
        call(f"{HERE}:read", {"file": file}, starter=starter, forbidden=[tmp_path / "sealed"])
    assert call(f"{HERE}:read", {"file": file}, starter=starter) == "secret"


def test_an_error_of_the_user_is_told_as_it_is_and_another_with_its_kind(
    asked: Callable[..., Any],
) -> None:
    with pytest.raises(InputError, match=r"^give another file$"):
        asked("fail", kind="input")
    with pytest.raises(
        InputError, match=r"^ZeroDivisionError: division by zero; --debug"
    ) as caught:
        asked("fail", kind="other")
    assert "Traceback" in str(caught.value.__cause__)


def test_a_process_that_ends_is_told_with_how_and_its_last_words(
    asked: Callable[..., Any],
) -> None:
    with pytest.raises(InputError, match="ended with status 3: goodbye; --debug shows"):
        asked("leave", status=3)
    with pytest.raises(InputError, match=r"ended by signal 9 \(out of memory, or killed by hand"):
        asked("die", number=9)
    with pytest.raises(InputError, match="signal 2; give the command again; --debug shows"):
        asked("die", number=signal.SIGINT)


@pytest.mark.parametrize(
    ("code", "said", "sentence"),
    [
        (-9, "x", "its process was ended by signal 9 (out of memory, or killed by hand)"),
        (-4, "", "its process was ended by signal 4 (the processor lacks an instruction)"),
        (-11, "", "its process was ended by signal 11"),
        (1, "first\n last \n\n", "its process ended with status 1: last"),
        (2, "", "its process ended with status 2"),
    ],
)
def test_each_way_to_end_has_its_sentence(code: int, said: str, sentence: str) -> None:
    assert describe_end(code, said) == sentence


def test_a_kill_is_noticed_at_once_though_a_grandchild_holds_the_wire(echo: Worker) -> None:
    echo.send("fork")
    assert echo.receive() == "forked"
    started = time.monotonic()
    os.kill(echo.pid, signal.SIGKILL)
    with pytest.raises(WorkerEnded, match="signal 9"):
        echo.receive()
    assert time.monotonic() - started < 5


def test_a_child_that_went_into_a_session_of_its_own_ends_with_its_worker(echo: Worker) -> None:
    echo.send("leave a child")
    child = psutil.Process(echo.receive())
    with pytest.raises(WorkerEnded, match="ended with status 0"):
        echo.receive()
    echo.kill()
    child.wait(10)


@pytest.mark.parametrize(
    ("written", "error"),
    [(b"\0\0\0\0", WorkerEnded), (b"\0\0\0\4junk", pickle.UnpicklingError)],
)
def test_what_a_library_writes_into_the_wire_does_not_hang_its_reader(
    echo: Worker, written: bytes, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.processes.worker.GRACE", 0.1)
    echo.send(written)
    with pytest.raises(error):
        echo.receive()


def test_a_process_that_prints_much_does_not_hang(asked: Callable[..., Any]) -> None:
    assert asked("chatter", lines=200_000) == "done"


def test_one_that_refuses_lives_on(echo: Worker) -> None:
    echo.send("refuse")
    with pytest.raises(Refused, match="ValueError: not this"):
        echo.receive()
    echo.send(1)
    assert echo.receive() == 1


def test_a_target_that_cannot_be_imported_is_told() -> None:
    with pytest.raises(InputError, match="ModuleNotFoundError"):
        call("tests.execution.absent:x", {})


def test_one_that_takes_too_long_is_given_up(echo: Worker) -> None:
    with pytest.raises(TimeoutError):
        echo.receive(0.2)


@pytest.mark.parametrize("starter", ["Afresh()", f"Nursery([{HERE!r}], Afresh(), Path('log'))"])
def test_a_worker_ends_with_whoever_started_it(tmp_path: Path, starter: str) -> None:
    code = (
        "import time\nfrom pathlib import Path\n"
        "from benchmarks.processes.nursery import Afresh, Nursery\n"
        "from benchmarks.processes.worker import Worker\n"
        f"worker = Worker({HERE + ':echo'!r}, starter={starter})\n"
        "worker.send(1)\nworker.receive()\n"
        "print(worker.pid, flush=True)\ntime.sleep(60)\n"
    )
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    begun = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=variables
    )
    assert begun.stdout is not None
    number = int(begun.stdout.readline())
    started = psutil.Process(begun.pid).children(recursive=True)
    assert number in [each.pid for each in started]
    begun.kill()
    begun.wait()
    assert not psutil.wait_procs(started, timeout=10)[1]


def test_what_a_worker_prints_goes_to_the_log_that_it_is_given(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "log.txt"
    worker = Worker(f"{HERE}:echo", log=log)
    worker.send("print")
    worker.receive()
    worker.close()
    assert "chatter" in log.read_text("utf-8")
