"""The coordinator: runs the cells that have no result yet, and knows each variant's way."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from benchmarks.errors import InputError, JobFailed, Unavailable
from benchmarks.execution.executors.contract import Event, Executor
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.plan import Plan, Start, stored_result
from benchmarks.execution.tuning import Best, JobOutcome, Study, TrialRecord, open_storage, tune
from benchmarks.protocol.variants import Variant
from benchmarks.store.files import read_json, write_json
from benchmarks.store.folder import RunFolder
from benchmarks.store.ledger import Ledger
from benchmarks.store.reading import refuse_mistaken
from benchmarks.store.references import find_reference
from models.registry import ModelError

WHAT = {
    "explain": "where it looks could not be found out",
    "robustness": "it could not be scored under corruptions",
}
Steps = Generator[list[Job], list[JobOutcome], None]


class Watcher(Protocol):
    """Is told what happens, to show it."""

    def started(self, cell: Job) -> None:
        """A worker has begun ``cell``."""
        ...

    def epoch(self, cell: Job, record: dict[str, Any]) -> None:
        """An epoch of ``cell`` is over."""
        ...

    def ended(self, cell: Job, outcome: JobOutcome, *, stored: bool) -> None:
        """``cell`` has its outcome, just now or from an earlier run."""
        ...

    def note(self, text: str) -> None:
        """Something that the user should know."""
        ...

    def tick(self) -> None:
        """Time passes."""
        ...


@dataclass
class _Lane:
    """One variant under way: its steps, and the batch of cells that they wait for."""

    place: int
    name: str
    steps: Steps
    cells: list[Job] = field(default_factory=list)
    outcomes: dict[str, JobOutcome] = field(default_factory=dict)


class Coordinator:
    """Carries out a plan into one results folder.

    Variants advance side by side, each through a generator that yields the cells it needs next
    and receives their outcomes. Which worker ran what, and when, leaves no trace in the numbers.
    """

    def __init__(
        self,
        variants: list[Variant],
        plan: Plan,
        folder: RunFolder,
        executor: Executor,
        watcher: Watcher,
    ) -> None:
        self._variants = variants
        self._plan = plan
        self._folder = folder
        self._executor = executor
        self._watcher = watcher
        self._ledger = Ledger(folder.ledger)
        self._storage = open_storage(folder.journal)
        self._status: dict[str, dict[str, str]] = {}
        self._fits: dict[str, list[Job]] = {}
        self._trials: dict[str, list[dict[str, Any]]] = {}
        self._ready: dict[str, tuple[tuple[bool, int, int], Job]] = {}
        self._running: dict[str, Job] = {}
        self._lanes: dict[str, _Lane] = {}

    def run(self) -> dict[str, dict[str, str]]:
        """Bring every variant as far as it gets; return each one's status and reason."""
        self._drive([(v.name, self._steps(v)) for v in self._variants])
        scored = [v for v in self._variants if self._status[v.name]["status"] == "ok"]
        self._drive([(v.name, self._inquired(v)) for v in scored])
        for variant in sorted(scored, key=lambda v: v.engine):  # each worker serves in one go
            self._drive([(variant.name, self._measured(variant))])
        self._publish()
        return self._status

    def _steps(self, variant: Variant) -> Steps:
        start = yield from self._start(variant)
        best = yield from self._tuned(variant, start)
        seeds = self._plan.protocol.fit.seeds
        fits = [self._plan.fit(variant, best.params, seed, start) for seed in seeds]
        self._fits[variant.name] = fits
        for cell in fits:
            self._set_aside_stale(cell)
        for cell, outcome in zip(fits, (yield fits), strict=True):
            result = _required(outcome, f"the fit with seed {cell.seed}")
            self._ledger.record(
                "fit",
                variant=variant.name,
                key=cell.key,
                seed=cell.seed,
                images_seen=result["images_seen"],
                seconds=result["train_seconds"],
            )
            _forget(cell)
        for outcome in (yield [self._plan.score(cell) for cell in fits]):
            _required(outcome, "scoring")

    def _start(self, variant: Variant) -> Generator[list[Job], list[JobOutcome], Start]:
        """Return kind, file and digest of the weights that the variant starts from."""
        kind, _, rest = variant.initialisation.partition(":")
        if kind == "scratch":
            return Start("scratch")
        if kind == "imagenet":
            cell = self._plan.weights(variant)
            _required((yield [cell])[0], "ImageNet weights")
            return Start("imagenet")
        if kind == "source":
            cell = self._plan.pretrain(variant)
            result = _required((yield [cell])[0], "pre-training on the source")
            self._ledger.record(
                "pretrain",
                variant=variant.architecture.name,
                key=cell.key,
                images_seen=result["images_seen"],
                seconds=result["seconds"],
                source_accuracy=result["source_accuracy"],
            )
            return Start("file", Path(cell.output).parent / "backbone.safetensors", cell.key)
        file = Path(rest).expanduser() if kind == "file" else _fitted_backbone(rest)
        if not file.is_file():
            raise Unavailable(f"{variant.initialisation}: no such file; give one that exists")
        return Start("file", file, hashlib.sha256(file.read_bytes()).hexdigest())

    def _tuned(
        self, variant: Variant, start: Start
    ) -> Generator[list[Job], list[JobOutcome], Best]:
        protocol = self._plan.protocol
        minimise = protocol.selection == "log_loss"
        study = Study(
            self._storage,
            f"{variant.name} {self._plan.study_key(variant, start)[:16]}",
            variant.space,
            variant.defaults,
            seed=protocol.seed,
            minimise=minimise,
        )

        def cell(number: int, params: dict[str, Any], until: int) -> Job:
            return self._plan.trial(variant, number, params, until, start)

        trials = protocol.tuning.trials if variant.space else 1
        best = yield from tune(study, protocol.tuning, cell, trials=trials, minimise=minimise)
        self._trials[variant.name] = []
        for trial in best.trials:
            first = cell(trial.number, trial.params, protocol.tuning.rungs[0])
            self._trials[variant.name].append({**dataclasses.asdict(trial), "key": first.key})
            self._record_trial(variant, trial, first.key)
            _forget(first)
        return best

    def _record_trial(self, variant: Variant, trial: TrialRecord, key: str) -> None:
        self._ledger.record(
            "trial",
            variant=variant.name,
            key=key,
            number=trial.number,
            state=trial.state,
            value=trial.value,
            images_seen=trial.images_seen,
            seconds=trial.seconds,
        )

    def _measured(self, variant: Variant) -> Steps:
        """Measure a scored variant. It keeps its rank if that fails, and the page says so."""
        cell = self._plan.measure(variant, self._fits[variant.name][0])
        outcome = (yield [cell])[0]
        if isinstance(outcome, JobFailed):
            self._fall_back(cell, f"its cost could not be measured: {outcome}")

    def _inquired(self, variant: Variant) -> Steps:
        """Ask frozen fits more than their score; what fails is told and leaves ranks alone."""
        protocol, fits = self._plan.protocol, self._fits[variant.name]
        experiment = protocol.mistake is not None or protocol.counterpart is not None
        cells = []
        if variant.engine != "scikit-learn" and not experiment:
            cells.append(self._plan.explain(fits[0]))
        if protocol.robustness is not None:
            cells += [self._plan.robustness(fit) for fit in fits]
        if not cells:
            return
        for cell, outcome in zip(cells, (yield cells), strict=True):
            if isinstance(outcome, Exception):
                self._fall_back(cell, f"{WHAT[cell.kind]}, seed {cell.seed}: {outcome}")
            else:
                self._ledger.record(
                    cell.kind,
                    variant=variant.name,
                    key=cell.key,
                    seed=cell.seed,
                    images_seen=outcome["images_seen"],
                    seconds=outcome["seconds"],
                )

    def _fall_back(self, cell: Job, what: str) -> None:
        self._ledger.record("fallback", variant=cell.variant, key=cell.key, reason=what)
        self._watcher.note(f"{cell.variant}: {what}")

    def _set_aside_stale(self, cell: Job) -> None:
        fit = Path(cell.output).parent
        stored = read_json(fit / "fit.json")
        if stored and stored["key"] != cell.key:
            place = self._folder.set_aside(fit, stored["key"])
            self._watcher.note(
                f"{cell.variant}, seed {cell.seed}: the stored fit has other settings or code; "
                f"it is kept as {place.name} and trained again"
            )

    def _drive(self, lanes: list[tuple[str, Steps]]) -> None:
        """Run the lanes' cells until every lane has ended."""
        self._lanes = {n: _Lane(i, n, steps) for i, (n, steps) in enumerate(lanes)}
        for lane in list(self._lanes.values()):
            self._advance(lane)
        while self._lanes:
            while self._ready and len(self._running) < self._executor.capacity:
                self._start_next()
            event = self._executor.wait(0.5)
            if event is not None:
                self._handle(event)
            self._watcher.tick()

    def _start_next(self) -> None:
        place = min(self._ready, key=lambda p: self._ready[p][0])
        _, cell = self._ready.pop(place)
        self._running[place] = cell
        self._executor.submit(cell)

    def _handle(self, event: Event) -> None:
        if event.kind == "started":
            self._watcher.started(event.cell)
        elif event.kind == "epoch":
            self._watcher.epoch(event.cell, dict(event.content))
        else:
            del self._running[event.cell.output]
            outcome = _outcome(event)
            self._watcher.ended(event.cell, outcome, stored=False)
            for lane in list(self._lanes.values()):
                if any(cell.output == event.cell.output for cell in lane.cells):
                    lane.outcomes[event.cell.output] = outcome
                    self._continue(lane)

    def _continue(self, lane: _Lane) -> None:
        if all(cell.output in lane.outcomes for cell in lane.cells):
            self._advance(lane)

    def _advance(self, lane: _Lane) -> None:
        """Give the lane its outcomes and queue the cells that it asks for next."""
        outcomes = [lane.outcomes[cell.output] for cell in lane.cells] if lane.cells else None
        try:
            lane.cells = lane.steps.send(outcomes)  # type: ignore[arg-type]
        except StopIteration:
            return self._end(lane, "ok", "")
        except Unavailable as error:
            return self._end(lane, "not run", str(error))
        except (JobFailed, ModelError) as error:
            return self._end(lane, "failed", str(error))
        lane.outcomes = {}
        for order, cell in enumerate(lane.cells):
            stored = stored_result(cell)
            if stored is not None:
                lane.outcomes[cell.output] = stored
                self._watcher.ended(cell, stored, stored=True)
            elif cell.output not in self._running and cell.output not in self._ready:
                self._ready[cell.output] = ((cell.kind == "score", lane.place, order), cell)
        return self._continue(lane)

    def _end(self, lane: _Lane, status: str, reason: str) -> None:
        del self._lanes[lane.name]
        self._status[lane.name] = {"status": status, "reason": reason}
        if status != "ok":
            self._watcher.note(f"{lane.name}: {status}: {reason}")
        self._publish()

    def _publish(self) -> None:
        order = [v.name for v in self._variants]
        write_json(self._folder.status, {n: self._status[n] for n in order if n in self._status})
        write_json(self._folder.tuning, {n: self._trials[n] for n in order if n in self._trials})


def _required(outcome: JobOutcome, what: str) -> Any:
    if isinstance(outcome, Unavailable):
        raise outcome
    if isinstance(outcome, JobFailed):
        raise JobFailed(f"{what} failed: {outcome}")
    return outcome


def _forget(cell: Job) -> None:
    """Remove the checkpoint of a training that is over."""
    assert cell.checkpoint is not None
    shutil.rmtree(cell.checkpoint, ignore_errors=True)


def _outcome(event: Event) -> JobOutcome:
    if event.kind == "unavailable":
        return Unavailable(event.content["reason"])
    if event.kind == "failed":
        return JobFailed(event.content["reason"])
    return event.content


def _fitted_backbone(reference: str) -> Path:
    """Return the backbone of ``RUN/VARIANT``'s first seed."""
    if "/" not in reference:
        raise InputError(f"run:{reference}: write run:RUN/VARIANT, RUN a results folder")
    found = find_reference(reference)
    if found is None or not found.variant:
        raise Unavailable(f"run:{reference}: no such file; give one that exists")
    refuse_mistaken(found.run)
    folder = RunFolder(found.run).fit(found.variant, 0).parent
    fits = sorted(folder.glob("seed-*/backbone.safetensors"))
    return fits[0] if fits else folder / "backbone.safetensors"
