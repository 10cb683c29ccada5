"""Tuning: generations, rungs and a journal that a kill cannot put out of step."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.errors import InputError, JobFailed
from benchmarks.execution.jobs.results import RungResult
from benchmarks.execution.tuning import Best, Study, open_storage, tune
from benchmarks.protocol.reading import load_protocol, presets
from benchmarks.protocol.schema import Tuning
from datasets.digested import KEY
from models.registry import Categorical, Float

SPACE = {"learning_rate": Float(1e-4, 1e-1, log=True), "batch_size": Categorical((32, 64))}
DEFAULTS: dict[str, Any] = {"learning_rate": 1e-3, "batch_size": 64}
TUNING = Tuning(trials=10, generation=4, rungs=(1, 3))
Score = Callable[[int, dict[str, Any], int], Any]


def score(number: int, params: dict[str, Any], until: int) -> Any:
    value = -abs(params["learning_rate"] - 0.01) * until
    return RungResult(key="", value=value, best_epoch=1, images_seen=100 * until, seconds=1.0)


def study(folder: Path, *, minimise: bool = False) -> Study:
    storage = open_storage(folder / "tuning.journal")
    return Study(storage, "a", SPACE, DEFAULTS, seed=3, minimise=minimise)


def carry_out(
    folder: Path, score: Score = score, *, stop: int | None = None, minimise: bool = False
) -> Best | None:
    """Tune; ``stop`` abandons the study, as a kill does, when it asks for that many batches."""
    steps = tune(
        study(folder, minimise=minimise),
        TUNING,
        lambda *job: job,  # type: ignore[arg-type,return-value]
        minimise=minimise,
    )
    outcomes: Any = None
    batches = 0
    while True:
        try:
            jobs: Any = steps.send(outcomes)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        assert jobs, "nothing is asked for where nothing is left to do"
        batches += 1
        if batches == stop:
            return None
        outcomes = [score(*job) for job in jobs]


def test_trial_0_has_the_defaults(tmp_path: Path) -> None:
    best = carry_out(tmp_path)
    assert best is not None
    assert best.trials[0].params == DEFAULTS


def test_the_best_completed_trial_wins(tmp_path: Path) -> None:
    best = carry_out(tmp_path)
    assert best is not None
    complete = [trial for trial in best.trials if trial.state == "complete"]
    assert best.params == max(complete, key=lambda t: t.value or 0).params


def test_half_of_each_generation_goes_on_to_the_next_rung(tmp_path: Path) -> None:
    best = carry_out(tmp_path)
    assert best is not None
    generations = [best.trials[0:4], best.trials[4:8], best.trials[8:10]]
    kept = [sum(t.state == "complete" for t in generation) for generation in generations]
    assert kept == [2, 2, 1]
    assert TUNING.generations() == ((4, 2), (4, 2), (2, 1))
    for generation in generations:
        pruned = [t.intermediate[1] for t in generation if t.state == "pruned"]
        completed = [t.intermediate[1] for t in generation if t.state == "complete"]
        assert max(pruned) <= min(completed)


@pytest.mark.parametrize(
    ("trials", "keep", "kept"),
    [(3, 0.33, 1), (3, 0.34, 2), (3, 1.0, 3), (20, 0.55, 11), (100, 0.07, 7), (4, 1e-12, 1)],
)
def test_a_share_of_trials_is_rounded_up_and_free_of_the_computers_rounding(
    trials: int, keep: float, kept: int
) -> None:
    assert Tuning(trials=9, rungs=(1, 3), keep=keep).kept(trials) == kept


def test_the_presets_keep_the_share_that_they_name() -> None:
    for name, place in presets().items():
        tuning = load_protocol(str(place)).tuning
        for alive in tuning.generations():
            for before, after in itertools.pairwise(alive):
                assert after == pytest.approx(before * tuning.keep, abs=0.02), name


def test_a_loss_is_minimised(tmp_path: Path) -> None:
    best = carry_out(
        tmp_path, lambda n, p, u: replace(score(n, p, u), value=p["learning_rate"]), minimise=True
    )
    assert best is not None
    assert best.params["learning_rate"] == min(t.params["learning_rate"] for t in best.trials)


@pytest.mark.parametrize("stop", range(1, 7))
def test_a_study_killed_at_any_batch_ends_as_an_unbroken_one(tmp_path: Path, stop: int) -> None:
    (tmp_path / "killed").mkdir()
    (tmp_path / "whole").mkdir()
    carry_out(tmp_path / "killed", stop=stop)
    assert carry_out(tmp_path / "killed") == carry_out(tmp_path / "whole")


def test_a_kill_while_asking_or_writing_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "killed").mkdir()
    (tmp_path / "whole").mkdir()
    carry_out(tmp_path / "killed", stop=2)
    journal = tmp_path / "killed" / "tuning.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:6]) + lines[6][:10])
    (tmp_path / "killed" / "tuning.journal.lock").touch()
    assert carry_out(tmp_path / "killed") == carry_out(tmp_path / "whole")


@pytest.mark.parametrize("kept", [0.3, 1.0])
def test_a_journal_that_was_changed_is_named_and_comes_again_without_it(
    tmp_path: Path, kept: float
) -> None:
    (tmp_path / "whole").mkdir()
    whole = carry_out(tmp_path / "whole")
    carry_out(tmp_path, stop=4)
    journal = tmp_path / "tuning.journal"
    content = bytearray(journal.read_bytes())
    place = content.index(b"learning_rate", int(kept * len(content) / 2))
    content[place] ^= 1
    journal.write_bytes(content)
    with pytest.raises(InputError, match=r"tuning.journal: line \d+ is damaged.*remove the file"):
        study(tmp_path)
    journal.unlink()
    assert carry_out(tmp_path) == whole


def test_a_journal_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    carry_out(tmp_path)
    journal = tmp_path / "tuning.journal"
    logs = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    bare = [json.dumps({k: v for k, v in log.items() if k != KEY}) + "\n" for log in logs]
    journal.write_text("".join(bare), "utf-8")
    assert len(study(tmp_path)._study.get_trials()) == TUNING.trials


def test_the_journal_holds_every_trial_once_and_none_hanging(tmp_path: Path) -> None:
    for stop in (1, 2, 3, None):
        carry_out(tmp_path, stop=stop)
    trials = study(tmp_path)._study.get_trials()
    assert [trial.number for trial in trials] == list(range(TUNING.trials))
    assert all(trial.state.is_finished() for trial in trials)


def test_a_failed_trial_is_recorded_and_the_others_go_on(tmp_path: Path) -> None:
    best = carry_out(tmp_path, lambda n, p, u: JobFailed("diverged") if n == 0 else score(n, p, u))
    assert best is not None
    assert (best.trials[0].state, best.trials[0].reason) == ("failed", "diverged")
    assert sum(trial.state == "complete" for trial in best.trials) == 5


def test_a_study_in_which_every_trial_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(JobFailed, match="none of 10 trials completed: out of memory"):
        carry_out(tmp_path, lambda *_: JobFailed("out of memory"))
