"""A proposed protocol as a commented TOML file, which a person can read, copy and edit."""

from __future__ import annotations

import shlex
import textwrap
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import tomli_w
from pydantic import BaseModel
from rich.cells import cell_len, set_cell_size

from benchmarks.data.prepared import PreparedData
from benchmarks.evaluation.uncertainty import Uncertainty
from benchmarks.init.proposal import BEST, Proposal
from benchmarks.machine.environment import device_name
from benchmarks.machine.terminal import printable
from benchmarks.machine.timing import rough_duration
from benchmarks.metrics import metric_of
from benchmarks.protocol.schema import Protocol, VariantChoice
from benchmarks.report.elements.numbers import percent
from benchmarks.scout.records import ScoutedRow, ScoutRecord
from datasets.audit.inspection import remarks as facts
from datasets.files import replacing
from datasets.reading.recognition import GENERAL
from datasets.records import SPLIT_NAMES

SHOWN_CLASSES = 40
LARGE = 256
"""Pixels of a side from which reading whole images is a burden."""

HOLDS_FOR = (
    "Transfer rows were chosen on training images of this split: with another seed, test_share, "
    "classes or duplicates some of them are test images; scout again then."
)
"""For which split alone the test images had no part in scouting."""


def write_protocol(proposal: Proposal, file: Path) -> None:
    """Write the protocol of ``proposal``, whole or not at all; it reads back as the same."""
    text = protocol_text(proposal, file)
    read = Protocol.model_validate(tomllib.loads(text)).model_dump()
    assert read == proposal.protocol.model_dump(), "the file would say something else"
    with replacing(file) as temporary:
        temporary.write_text(text, "utf-8", newline="\n")


def protocol_text(proposal: Proposal, file: Path) -> str:
    """Return the file's content; ``file`` is its place, named in the first line."""
    protocol = proposal.protocol
    lines = [
        f"# {next_command(file)}: networks for your own images, compared under one protocol.",
        "# Written by ferbench init. Change it as you like; what the keys say is in README.md.",
        "",
        _entry("name", protocol.name),
        _entry("title", protocol.title),
        "",
        f"seed = {protocol.seed}              # order of images, splits, tuning",
        f"threads = {protocol.threads}           # CPU threads of one worker",
        _entry("precision", protocol.precision, _why_precision(proposal)),
        _entry("selection", protocol.selection, _why_selection(protocol)),
        "",
        *_comments(describe(proposal.prepared)),
        *_data(proposal),
        "",
        *_comments(budget_lines(proposal)),
        *_tuning(protocol),
        "",
        *_variants(proposal),
        "# More rows: `ferbench models` lists what there is. A model that another run fitted, say:",
        "#",
        "# [[variants]]",
        '# architecture = "resnet50"',
        '# initialisation = "run:results/fer2013/resnet50.imagenet.fine-tune"',
        '# strategy = "frozen-then-fine-tune"',
    ]
    return "\n".join(lines) + "\n"


def next_command(file: Path) -> str:
    """Return the command that carries out the protocol in ``file``, on one line."""
    return f"ferbench run {printable(shlex.quote(str(file)))}"


def describe(prepared: PreparedData) -> Iterator[str]:
    """Yield lines about the data: size, classes and counts, the split, and what to beware of."""
    data, counts = prepared.data, prepared.counts()
    height, width, channels = data.image_shape
    colour = "grey" if channels == 1 else "colour"
    standing = "" if data.name == GENERAL else f" ({data.provenance.status})"
    yield (
        f"{data.name}{standing}: {len(data.labels):,} images of {len(data.class_names)} classes, "
        f"{height}×{width}, {colour}"
    )
    names = data.class_names[:SHOWN_CLASSES]
    shown = [printable(name) for name in names]
    cells = max(map(cell_len, shown))
    yield " " * cells + "".join(f"{split:>12}" for split in SPLIT_NAMES)
    for name, text in zip(names, shown, strict=True):
        row = "".join(f"{counts[split][name]:>12,}" for split in SPLIT_NAMES)
        yield set_cell_size(text, cells) + row
    if len(data.class_names) > SHOWN_CLASSES:
        yield f"and {len(data.class_names) - SHOWN_CLASSES} more classes"
    yield from remarks(prepared)


def remarks(prepared: PreparedData) -> Iterator[str]:
    """Yield what the user should know about the data before comparing on it."""
    data = prepared.data
    yield from map(printable, facts(data, prepared.split, prepared.counts()))
    tests = len(prepared.split.test)
    low, high = Uncertainty(0.25 / tests).interval(0.5)
    points = 100 * (high - low) / 2
    yield (
        f"On {tests:,} test images an accuracy is known to within ±{points:.1f} points at worst "
        "(95 %)."
    )
    if max(data.image_shape[:2]) > LARGE:
        size = data.images.nbytes / 2**30
        yield (
            f"The images are large: they take {size:.1f} GB decoded, and every one is read whole "
            f"in each epoch. Copies of about {LARGE} pixels take less of both."
        )


def budget_lines(proposal: Proposal) -> Iterator[str]:
    """Yield how long the run takes, or why that is not known, and what it leaves out."""
    if proposal.seconds is not None:
        yield (
            f"About {rough_duration(proposal.seconds)} with {proposal.workers} worker(s) on "
            f"{device_name()} with nothing else running: estimated from timing each network."
        )
    else:
        yield (
            f"How long it takes is {printable(proposal.unmeasured)}; "
            "the budget is a cautious guess by the number of images."
        )
    if subset := proposal.protocol.data.train_images:
        images = len(proposal.prepared.split.train)
        yield (
            f"To end in time it trains on {subset:,} of {images:,} images; "
            "delete train_images to use all."
        )


def _data(proposal: Proposal) -> Iterator[str]:
    choice, split = proposal.protocol.data, proposal.prepared.split
    assert choice.path is not None
    yield "[data]"
    yield _entry("set", choice.set)
    yield _entry("path", choice.path)
    for name, value in choice.options.items():
        yield f"options = {{ {name} = {value} }}   # pixels: shorter side scaled, centre square cut"
    if choice.train_images:
        yield f"train_images = {choice.train_images}   # stratified"
    if split.made:
        yield f"validation_share = {choice.validation_share}   # used only without such a folder"
        yield f"test_share = {choice.test_share}         # likewise"
    if proposal.scouting and proposal.scouting.made:
        yield from _comments([HOLDS_FOR])


def _tuning(protocol: Protocol) -> Iterator[str]:
    tuning, fit = protocol.tuning, protocol.fit
    yield "[tuning]              # the same for every variant"
    yield f"trials = {tuning.trials}"
    yield f"generation = {tuning.generation}        # asked together"
    yield f"rungs = {list(tuning.rungs)}        # epochs; the better half goes on to the next"
    yield f"keep = {tuning.keep}"
    yield ""
    yield "[fit]                 # final training of the best configuration"
    yield f"epochs = {fit.epochs}"
    yield f"seeds = {list(fit.seeds)}"


def _variants(proposal: Proposal) -> Iterator[str]:
    told = set()
    for choice in proposal.protocol.variants:
        name = (choice.architecture, choice.initialisation)
        reason = _scouted(proposal.scouting, choice) or _REASONS.get(name)
        if reason and name not in told:
            yield from _comments([reason])
        told.add(name)
        yield "[[variants]]"
        yield from _given(choice)
        yield ""


_REASONS = {
    ("majority", "scratch"): "What a classifier scores that has learned nothing, or pixels alone.",
    ("plain-cnn", "scratch"): "A small network, without and with augmentation.",
    ("timm:resnet18", "scratch"): "The control: what the next row gains by starting from ImageNet.",
}


def _scouted(scouting: ScoutRecord | None, choice: VariantChoice) -> str:
    """Say what scouting measured of a row, blank where it was not scouted."""
    found = scouting.best(BEST) if scouting else []
    name = (choice.architecture, choice.initialisation)
    row = next((row for row in found if (row.architecture, row.initialisation) == name), None)
    if scouting is None or row is None:
        return ""
    control, pixels = scouting.control_of(row), scouting.pixels
    others = ((control, "its network with random weights"), (pixels, "pixels alone"))
    floors = [f"{said} {_percent(floor)}" for floor, said in others if floor]
    return (
        f"Scouted before any training: on {scouting.images:,} training images a linear probe of "
        f"its frozen features at {row.input_size} pixels is right in {_percent(row)} "
        f"(cross-validated, ± one standard error){_behind(row)}; {', '.join(floors)}. Fine-tuned, "
        "the order of backbones may be another. The run adds its control from scratch."
    )


def _behind(row: ScoutedRow) -> str:
    if row.behind_se is None:
        return ""
    return f", {percent(row.behind)} ± {percent(row.behind_se)} points behind the best"


def _percent(row: ScoutedRow) -> str:
    return f"{percent(row.accuracy)} ± {percent(row.accuracy_se)} %"


def _given(choice: BaseModel) -> Iterator[str]:
    for key, value in choice.model_dump(exclude_unset=True, exclude_none=True).items():
        if value != type(choice).model_fields[key].default:
            yield _entry(key, value)


def _comments(lines: Iterable[str]) -> Iterator[str]:
    """Yield ``lines`` as comments; words are wrapped, but for the table's aligned columns."""
    for line in lines:
        kept = [line] if "   " in line else textwrap.wrap(line, 96, break_on_hyphens=False)
        yield from (f"# {part}".rstrip() for part in kept)


def _entry(key: str, value: object, comment: str = "") -> str:
    line = tomli_w.dumps({key: value}).strip()
    return f"{line}   # {comment}" if comment else line


def _why_precision(proposal: Proposal) -> str:
    if proposal.protocol.precision == "bfloat16":
        if any(choice.precision for choice in proposal.protocol.variants):
            return "this machine computes in it; rows that were faster in float32 name it"
        if proposal.scouting and proposal.unmeasured:
            return "this machine computes in it; depthwise networks may be faster in float32"
        return "this machine computes in it; every variant alike"
    return '"bfloat16" is faster where the hardware has it'


def _why_selection(protocol: Protocol) -> str:
    if metric_of(protocol.selection).evens_classes:
        return "on validation; the classes are of very unequal size"
    return "on validation: picks epochs and hyperparameters"
