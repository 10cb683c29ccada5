"""The nursery: its copies are as good as processes of their own, and nothing of it is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.processes.nursery import Nursery
from benchmarks.processes.starting import Afresh
from benchmarks.processes.worker import Worker, WorkerEnded, call

HERE = "tests.execution.targets"
ROOT = Path(__file__).resolve().parents[2]
MakeNursery = Callable[..., Nursery]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeNursery]:
    """Makes nurseries of a module with a given source, which says when it is imported."""
    made = []

    def nursery(source: str = "") -> Nursery:
        code = f"from {HERE} import double\nprint('imported', flush=True)\n{source}"
        (tmp_path / "library.py").write_text(code, "utf-8")
        afresh = Afresh(environment={"PYTHONPATH": f"{ROOT}:{tmp_path}"})
        made.append(Nursery([HERE, "library"], afresh, tmp_path / "log.txt"))
        return made[-1]

    yield nursery
    for each in made:
        each.close()


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def computed_by_children() -> float:
    times = psutil.Process().cpu_times()
    return times.children_user + times.children_system


def test_a_library_is_imported_once_for_all_copies(make: MakeNursery, tmp_path: Path) -> None:
    nursery = make()
    for _ in range(3):
        assert call("library:double", {"numbers": (2,)}, starter=nursery) == (4,)
    nursery.close()
    assert (tmp_path / "log.txt").read_text("utf-8").count("imported") == 1


def test_copies_are_sealed_one_by_one(make: MakeNursery, tmp_path: Path) -> None:
    nursery, file = make(), tmp_path / "secret.txt"
    file.write_text("secret", "utf-8")
    sealed = Worker(f"{HERE}:echo", starter=nursery, forbidden=[file])
    assert call(f"{HERE}:read", {"file": file}, starter=nursery) == "secret"
    sealed.close()


def test_nothing_is_left_of_a_nursery_and_its_copies(make: MakeNursery) -> None:
    before = set(children())
    nursery = make()
    workers = [Worker(f"{HERE}:echo", starter=nursery) for _ in range(3)]
    for worker in workers:
        worker.send("x")
        worker.receive()
    assert len(set(children()) - before) == 7  # the nursery, and two for each copy
    for worker in workers:
        worker.close()
    nursery.close()
    assert not set(children()) - before


def test_a_copy_that_has_not_begun_ends_at_once(make: MakeNursery) -> None:
    worker = Worker(f"{HERE}:echo", starter=make("import time; time.sleep(60)"))
    started = time.monotonic()
    worker.kill()
    with pytest.raises(WorkerEnded, match="signal 9"):
        worker.receive()
    worker.close()
    assert time.monotonic() - started < 5


def test_a_nursery_that_died_starts_workers_afresh(make: MakeNursery) -> None:
    nursery = make("import os; os._exit(3)")
    worker = Worker(f"{HERE}:echo", starter=nursery)
    with pytest.raises(WorkerEnded):
        worker.receive()
    worker.close()
    assert call(f"{HERE}:double", {"numbers": (1,)}, starter=nursery) == (2,)


def test_a_module_that_cannot_be_imported_is_told_by_the_copy(make: MakeNursery) -> None:
    nursery = make("raise SystemExit('no such library')")
    with pytest.raises(Exception, match="SystemExit: no such library"):
        call("library:double", {"numbers": ()}, starter=nursery)


def test_what_copies_compute_counts_as_computed(make: MakeNursery) -> None:
    before = computed_by_children()
    nursery = make()
    call(f"{HERE}:compute", {"seconds": 0.5}, starter=nursery)
    nursery.close()
    assert computed_by_children() - before >= 0.5
