"""Tuning: one Optuna study for each variant, advanced in generations, all rungs in step.

The numbers depend on the protocol alone. Every trial of a generation is asked before any
of them is told; a rung is finished by all before any is pruned; reports are told in trial
order; the sampler is seeded from the trial's number. A killed run therefore replays the same
sequence from the results on disk, and Optuna's journal is caught up, never contradicted.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
)
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock
from optuna.trial import FrozenTrial, Trial, TrialState

from benchmarks.errors import InputError, JobFailed, Lost
from benchmarks.execution.jobs.job import Job, Params
from benchmarks.execution.jobs.results import JobResult
from benchmarks.protocol.canonical import digest
from benchmarks.protocol.schema import Tuning
from benchmarks.protocol.search import to_optuna
from benchmarks.store.files import json_values
from benchmarks.store.records import RungResult, TrialRecord
from datasets.digested import BLANK, KEY, digested, holds
from datasets.files import naming
from models.registry import Space, Value

JobOutcome = JobResult | JobFailed


@dataclass(frozen=True)
class Best:
    """The winning hyperparameters of a study, and every trial that led to them."""

    params: Mapping[str, Any]
    trials: tuple[TrialRecord, ...]


def open_storage(journal: Path) -> JournalStorage:
    """Open the journal, dropping a last line and a lock that a killed process left behind.

    Raises ``InputError`` where another line is not as it was written.
    """
    _mend(journal)
    require_journal(journal)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return JournalStorage(_Journal(journal))


def require_journal(journal: Path) -> None:
    """Raise ``InputError`` where a whole line of the journal is not as it was written.

    The same study comes of no journal at all, as what trials came to lies in their rungs.
    """
    lines = journal.read_bytes().split(b"\n")[:-1] if journal.is_file() else []
    for number, line in enumerate(lines, start=1):
        if holds(line) is False or not isinstance(json_values(line), dict):
            raise InputError(
                f"{journal}: line {number} is damaged, or changed since it was written; put the "
                "original back, or remove the file: its trials are kept"
            )


class _Held(BaseJournalFileLock):
    """The lock of a journal in a folder that its command holds, where nobody else writes."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


class _Journal(JournalFileBackend):
    """Optuna's journal, each line of which holds its own digest."""

    def __init__(self, journal: Path) -> None:
        super().__init__(str(journal), lock_obj=_Held())
        self._journal = journal

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        with naming(self._journal):
            super().append_logs([_digested(log) for log in logs])


def _digested(log: Mapping[str, Any]) -> dict[str, Any]:
    """Return a log that holds the digest of the line that Optuna writes of it."""
    line = json.dumps({**log, KEY: BLANK}, separators=(",", ":")).encode()
    return dict(json.loads(digested(line)))


def _mend(journal: Path) -> None:
    for lock in journal.parent.glob(journal.name + ".lock*"):
        lock.unlink()
    if journal.is_file():
        content = journal.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            os.truncate(journal, len(whole))


class Study:
    """One variant's study in the journal. All methods may be repeated without effect.

    ``name`` holds the key of what the study tunes, so that other code or data start another one.
    Scores are maximised unless ``minimise``.
    """

    def __init__(
        self,
        storage: JournalStorage,
        name: str,
        space: Space,
        defaults: Params,
        *,
        seed: int,
        minimise: bool,
    ) -> None:
        self._space = to_optuna(space)
        self._defaults = defaults
        self._seed = seed
        self._study = optuna.create_study(
            study_name=name,
            storage=storage,
            direction="minimize" if minimise else "maximize",
            load_if_exists=True,
            pruner=optuna.pruners.NopPruner(),
        )

    def ask(self, number: int, startup: int) -> Params:
        """Return the hyperparameters of trial ``number``, sampling them if it is new.

        Trial 0 has the defaults; the first ``startup`` others are random, the rest come from
        TPE (Bergstra et al. 2011; Optuna's multivariate ``TPESampler``).
        """
        known = self._study.get_trials(deepcopy=False)
        if number < len(known) and known[number].params.keys() == self._space.keys():
            return dict(known[number].params)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._study.sampler = optuna.samplers.TPESampler(
                seed=int(digest([self._seed, number])[:8], 16),
                n_startup_trials=startup,
                multivariate=True,
                constant_liar=True,
            )
        if number == 0:
            self._study.enqueue_trial(dict(self._defaults), skip_if_exists=True)
        trial = self._resume(known, number) or self._study.ask()
        if trial.number != number:
            raise JobFailed(f"the tuning journal is out of step at trial {number}; remove it")
        return {key: self._suggest(trial, key, space) for key, space in self._space.items()}

    def _resume(self, known: Sequence[FrozenTrial], number: int) -> Trial | None:
        """Go on with a trial whose sampling was cut off by a kill."""
        if number >= len(known) or known[number].state is TrialState.WAITING:
            return None
        return Trial(self._study, known[number]._trial_id)

    @staticmethod
    def _suggest(trial: Trial, name: str, space: BaseDistribution) -> Value:
        if isinstance(space, FloatDistribution):
            return trial.suggest_float(name, space.low, space.high, log=space.log)
        assert isinstance(space, CategoricalDistribution)
        return trial.suggest_categorical(name, list(space.choices))  # type: ignore[return-value]

    def report(self, number: int, epoch: int, value: float) -> None:
        """Record a rung's score."""
        frozen = self._frozen(number)
        if epoch not in frozen.intermediate_values and not frozen.state.is_finished():
            Trial(self._study, frozen._trial_id).report(value, epoch)

    def tell(self, number: int, state: TrialState, value: float | None = None) -> None:
        """End a trial, once."""
        if not self._frozen(number).state.is_finished():
            values = value if state is TrialState.COMPLETE else None
            self._study.tell(number, values, state=state)

    def _frozen(self, number: int) -> FrozenTrial:
        return self._study.get_trials(deepcopy=False)[number]


def tune(
    study: Study,
    tuning: Tuning,
    job: Callable[[int, Params, int], Job],
    *,
    minimise: bool,
) -> Generator[list[Job], list[JobOutcome], Best]:
    """Run a study: yield the jobs of each rung, receive their outcomes, return the best.

    ``job(number, params, until)`` makes the job that trains a trial to epoch ``until``. An
    outcome is a `RungResult` or a ``JobFailed``. What the environment took (``Lost``) is raised
    and not told to the study, which goes on from there another time as if nothing had been.
    Raises ``JobFailed`` if no trial completed.
    """
    records: dict[int, TrialRecord] = {}
    for first in range(0, tuning.trials, tuning.generation):
        numbers = list(range(first, min(first + tuning.generation, tuning.trials)))
        asked = {number: study.ask(number, tuning.generation) for number in numbers}
        yield from _generation(study, tuning, job, asked, records, minimise)
    complete = [r for r in records.values() if r.state == "complete"]
    if not complete:
        raise JobFailed(f"none of {tuning.trials} trials completed: {records[0].reason}")
    best = min(complete, key=lambda r: (_rank(r.value, minimise), r.number))
    return Best(best.params, tuple(records[number] for number in sorted(records)))


def _generation(
    study: Study,
    tuning: Tuning,
    job: Callable[[int, Params, int], Job],
    asked: Mapping[int, Params],
    records: dict[int, TrialRecord],
    minimise: bool,
) -> Generator[list[Job], list[JobOutcome], None]:
    alive = list(asked)
    for number in alive:
        records[number] = TrialRecord(number=number, state="running", params=asked[number])
    for rung in tuning.rungs:
        if not alive:
            return
        outcomes = yield [job(number, asked[number], rung) for number in alive]
        for number, outcome in zip(alive, outcomes, strict=True):
            records[number] = _reported(study, records[number], rung, outcome)
        alive = [number for number in alive if records[number].state == "running"]
        ranked = sorted(alive, key=lambda n: (_rank(records[n].value, minimise), n))
        last = rung == tuning.rungs[-1]
        kept = set(ranked if last else ranked[: tuning.kept(len(ranked))])
        for number in alive:
            if last:
                records[number] = _ended(study, records[number], TrialState.COMPLETE)
            elif number not in kept:
                records[number] = _ended(study, records[number], TrialState.PRUNED)
        alive = [number for number in alive if number in kept]


def _rank(value: float | None, minimise: bool) -> float:
    assert value is not None
    return value if minimise else -value


def _reported(study: Study, record: TrialRecord, rung: int, outcome: JobOutcome) -> TrialRecord:
    if isinstance(outcome, Lost):
        raise Lost(f"trial {record.number}: {outcome}")
    if isinstance(outcome, JobFailed):
        study.tell(record.number, TrialState.FAIL)
        return replace(record, state="failed", value=None, reason=str(outcome))
    assert isinstance(outcome, RungResult)
    value = outcome.value
    study.report(record.number, rung, value)
    return replace(
        record,
        value=value,
        intermediate={**record.intermediate, rung: value},
        images_seen=outcome.images_seen,
        seconds=record.seconds + outcome.seconds,
    )


def _ended(study: Study, record: TrialRecord, state: TrialState) -> TrialRecord:
    study.tell(record.number, state, record.value)
    return replace(record, state="complete" if state is TrialState.COMPLETE else "pruned")
