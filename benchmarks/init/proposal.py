"""A protocol proposed for somebody's own images: what to compare, how large, how long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bench.bench import speed_name
from benchmarks.data.prepared import PreparedData, prepare_data
from benchmarks.errors import JobFailed
from benchmarks.init.estimate import Pace, run_seconds
from benchmarks.init.precision import measure_in_faster_precision
from benchmarks.machine.environment import gpu, native_precision, usable_cores
from benchmarks.protocol.schema import DataChoice, Protocol
from benchmarks.protocol.variants import Variant, resolve_variants
from benchmarks.scout.records import ScoutRecord
from datasets.image_folder import SIDE
from datasets.reading.recognition import GENERAL, FolderLook, look, recognise
from datasets.reading.trees import listing_once
from datasets.records import DataError, Progress
from datasets.registry import Source
from datasets.registry import discover as discover_data
from models.floors import FLOORS
from models.registry import discover

LONGEST = 3600.0
"""Seconds that the proposed run should not exceed."""
CPU_SIDE, GPU_SIDE = 96, 224
IMBALANCE = 3.0
NETWORKS: tuple[tuple[str, str], ...] = (
    ("plain-cnn", "scratch"),
    ("augmented-cnn", "scratch"),
    ("timm:resnet18", "scratch"),
    ("timm:resnet18", "imagenet"),
)
BEST = 2
"""How many of the backbones that were scouted go into the protocol."""
NOMINAL: Mapping[str, float] = {
    "majority": 20_000,
    "pixel-logistic": 3_000,
    "plain-cnn": 300,
    "augmented-cnn": 300,
    "timm:resnet18": 80,
}
"""Training images a second of one slow core at 48 pixels: they choose a budget, not a time."""
NOMINAL_BACKBONE = 40.0
"""The same of a backbone that was scouted."""
BUDGETS: tuple[dict[str, Any], ...] = (
    {"trials": 2, "rungs": [1], "epochs": 4, "seeds": [0]},
    {"trials": 4, "rungs": [1, 3], "epochs": 8, "seeds": [0]},
    {"trials": 6, "rungs": [2, 6], "epochs": 16, "seeds": [0]},
    {"trials": 8, "rungs": [2, 6], "epochs": 20, "seeds": [0, 1, 2]},
    {"trials": 12, "rungs": [4, 12], "epochs": 40, "seeds": [0, 1, 2]},
    {"trials": 16, "rungs": [10, 30], "epochs": 100, "seeds": [0, 1, 2]},
)
SUBSETS = (32_000, 16_000, 8_000, 4_000, 2_000, 1_000)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A protocol, the data that it is for, and how long it takes: ``None`` if not measured.

    ``unmeasured`` says why there is no time. ``workers`` is what the time reckons with.
    ``scouting`` is what its transfer rows were chosen by, if they were.
    """

    protocol: Protocol
    prepared: PreparedData
    seconds: float | None
    unmeasured: str
    workers: int
    scouting: ScoutRecord | None = None


@listing_once()
def choose_data(path: Path, progress: Progress | None = None) -> tuple[DataChoice, PreparedData]:
    """Recognise and open the images at ``path``; raises ``DataError``.

    Where a published data set's reader refuses, the general one for folders is tried; where every
    one does, the likeliest says why.
    """
    seen = look(path)
    sources = recognise(path, seen, discover_data())
    refusals: list[DataError] = []
    for source in sources:
        choice = _data_choice(source, path, seen)
        try:
            prepared = prepare_data(choice, path, seed=0, progress=progress)
        except DataError as error:
            refusals.append(error)
            continue
        return choice, prepared
    raise refusals[0]


def propose(
    name: str,
    choice: DataChoice,
    prepared: PreparedData,
    *,
    measure: bool,
    notify: Callable[[str], None],
    scouting: ScoutRecord | None = None,
) -> Proposal:
    """Propose the largest budget of a list with which a run ends within the hour.

    With ``measure`` the networks are timed on this machine; without, or where one cannot be
    timed, cautious speeds decide, and no time is promised. The `BEST` backbones of ``scouting``
    become its transfer rows, frozen and fine-tuned, in the precision that is faster.
    """
    protocol = Protocol.model_validate(
        {
            "name": name,
            "title": f"Networks for {Path(choice.path or name).name}",
            "precision": native_precision(),
            "selection": _selection(choice, prepared),
            "data": choice.model_dump(),
            "tuning": {"trials": 1, "rungs": [1]},
            "fit": {"epochs": 1},
            "variants": _rows(prepared.data.image_shape, scouting),
        }
    )
    shape = prepared.data.image_shape
    variants = resolve_variants(protocol, discover(), shape)
    workers = 1 if gpu() else max(1, usable_cores() // protocol.threads)
    paces, unmeasured = _nominal_paces(variants, shape), "not measured"
    if measure:
        try:
            protocol, paces = measure_in_faster_precision(
                protocol, prepared, variants, _backbones(scouting), notify
            )
            unmeasured = ""
        except JobFailed as error:
            unmeasured = f"not measured: {error}"
    protocol, seconds = _budgeted(protocol, variants, paces, prepared, workers)
    return Proposal(
        protocol=protocol,
        prepared=prepared,
        seconds=None if unmeasured else seconds,
        unmeasured=unmeasured,
        workers=workers,
        scouting=scouting,
    )


def _data_choice(source: Source, path: Path, seen: FolderLook) -> DataChoice:
    content: dict[str, Any] = {"set": source.name, "path": str(path)}
    if source.name == GENERAL and len(set(seen.sizes)) > 1:
        content["options"] = {"image_size": SIDE}
    return DataChoice.model_validate(content)


def _rows(image_shape: tuple[int, int, int], scouting: ScoutRecord | None) -> list[dict[str, Any]]:
    """Return the variants; those that would be too small or too slow get an input size."""
    registry, side = discover(), max(image_shape[:2])
    largest = GPU_SIDE if gpu() else CPU_SIDE
    rows: list[dict[str, Any]] = [{"architecture": name} for name in FLOORS]
    for name, initialisation in _networks(scouting is None):
        row: dict[str, Any] = {"architecture": name}
        if initialisation != "scratch":
            row["initialisation"] = initialisation
        size = max(min(side, largest), registry[name].minimum_input)
        if size != side:
            row["input_size"] = size
        rows.append(row)
    return rows + (list(_scouted(scouting, side)) if scouting else [])


def _networks(with_transfer: bool) -> list[tuple[str, str]]:
    """Return `NETWORKS`, all or those alone that have no weights to start from."""
    transfer = {name for name, initialisation in NETWORKS if initialisation != "scratch"}
    return [row for row in NETWORKS if with_transfer or row[0] not in transfer]


def _scouted(scouting: ScoutRecord, side: int) -> Iterator[dict[str, Any]]:
    for best in scouting.best(BEST):
        row = {"architecture": best.architecture, "initialisation": best.initialisation}
        size = {"input_size": best.input_size} if best.input_size != side else {}
        for strategy in ("frozen", "fine-tune"):
            yield {**row, "strategy": strategy, **size}


def _backbones(scouting: ScoutRecord | None) -> list[str]:
    found = scouting.best(BEST) if scouting else []
    return list(dict.fromkeys(best.architecture for best in found))


def _selection(choice: DataChoice, prepared: PreparedData) -> str:
    """Choose macro-F1 for your own images in classes of very unequal size."""
    train = prepared.counts()["train"].values()
    unequal = max(train) > IMBALANCE * min(train)
    return "macro_f1" if unequal and choice.set == GENERAL else "accuracy"


def _nominal_paces(variants: list[Variant], image_shape: tuple[int, int, int]) -> dict[str, Pace]:
    paces = {}
    for variant in variants:
        speed = NOMINAL.get(variant.architecture.name, NOMINAL_BACKBONE)
        speed *= (48 / variant.input_size) ** 2
        paces[speed_name(variant, image_shape)] = Pace(speed, 3 * speed)
    return paces


def _budgeted(
    protocol: Protocol,
    variants: list[Variant],
    paces: Mapping[str, Pace],
    prepared: PreparedData,
    workers: int,
) -> tuple[Protocol, float]:
    """Return the protocol with a budget, and its seconds.

    Where the smallest budget is too long for all images, a stratified part of them is taken.
    """
    images, classes = len(prepared.split.train), len(prepared.data.class_names)
    subsets = [subset for subset in SUBSETS if 10 * classes < subset < images]
    candidates = [_with_budget(protocol, budget, None) for budget in reversed(BUDGETS)]
    candidates += [_with_budget(protocol, BUDGETS[0], subset) for subset in subsets]
    for candidate in candidates:
        seconds = run_seconds(candidate, variants, paces, prepared, workers)
        if seconds <= LONGEST:
            break
    return candidate, seconds


def _with_budget(protocol: Protocol, budget: Mapping[str, Any], subset: int | None) -> Protocol:
    content = protocol.model_dump()
    content["data"]["train_images"] = subset
    content["tuning"] = {
        "trials": budget["trials"],
        "generation": min(4, budget["trials"]),
        "rungs": budget["rungs"],
    }
    content["fit"] = {"epochs": budget["epochs"], "seeds": budget["seeds"]}
    return Protocol.model_validate(content)
