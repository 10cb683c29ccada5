"""Keeping a run: a folder without labels, from which everybody with the data has every number."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.machine.versions import installed
from benchmarks.report.page import rendered
from benchmarks.reproducibility.differences import first_printed_difference
from benchmarks.reproducibility.kept_model import KeptModelCard, keep_model, model_to_keep
from benchmarks.reproducibility.named_images import refuse_named
from benchmarks.store.contents import contents
from benchmarks.store.digests import write_digests
from benchmarks.store.ensembles import ensembles_of
from benchmarks.store.files import write_bytes
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.kept import (
    SINGLE,
    Labels,
    is_kept,
    keep_answers,
    keep_robustness,
    kept_images,
    refuse_kept,
    write_kept,
)
from benchmarks.store.ledger import ledger_of, whole_lines
from benchmarks.store.reading import (
    read_manifest,
    read_run,
    read_statuses,
    refuse_mistaken,
)
from benchmarks.store.records import (
    FitResults,
    KeptRecord,
    Manifest,
    RunResults,
    VariantOutcome,
    VariantResults,
)
from benchmarks.store.rendered import Rendered, write_rendered
from benchmarks.store.splits import SplitTable, read_splits
from benchmarks.store.writing import write_manifest, write_statuses, write_studies
from datasets.files import replacing_folder, sha256_of

PRECISIONS = (11, 14, 17, 20, SINGLE)
"""Significant bits that are tried in turn: those of half precision first, of single last."""
UNDER_WAY = VariantOutcome("not run", "the run was kept before this row was finished")


@dataclass(frozen=True)
class Kept:
    """How a run was kept: the significant bits of its probabilities, and its size in bytes.

    ``changed`` is where its page prints another number than the run's, ``None`` where nowhere;
    ``model`` is the card of the model in it, ``None`` where there is none.
    """

    bits: int
    size: int
    changed: str | None
    model: KeptModelCard | None


def keep(source: Path, out: Path, model: str | None = None, plugins: tuple[Path, ...] = ()) -> Kept:
    """Write the run in ``source`` without labels, paths and pictures into ``out``.

    Probabilities get the fewest significant bits of `PRECISIONS` with which the page prints the
    same. Models stay behind but for that of the variant ``model``, whose architecture may be one
    of ``plugins``. Of a run under way the rows that are finished are kept, as they were at one
    moment, whatever it does meanwhile; ``out`` may be an earlier keeping of the same run, which
    is replaced. Raises ``InputError``, and ``ModelError`` where the model cannot be loaded.
    """
    refuse_kept(source, "no labels as it is; it can be copied")
    refuse_mistaken(source)
    ended = read_statuses(source)  # first: a row that ends from now on is not whole in what follows
    run, images = read_run(source), read_splits(RunFolder(source))
    ledger = whole_lines(contents(source).log_of(RunFolder(source).ledger))
    _refuse_other(out, run.manifest)
    part = _publishable(replace(run, ledger=tuple(ledger_of(ledger))), ended)
    chosen = None if model is None else model_to_keep(part, source, model, plugins)
    labels = Labels(images, run.audit, run.votes)
    wanted = rendered(part, images=False, named=False)
    with replacing_folder(out) as folder:
        place = RunFolder(folder)
        write_bytes(place.ledger, ledger)
        _write_records(part, RunFolder(source), place)
        for bits in PRECISIONS:
            _write_answers(part, images, RunFolder(source), place, bits)
            made, changed = _rendered_again(folder, labels, wanted)
            if changed is None:
                break
        write_rendered(place, made)
        card = None if chosen is None else keep_model(chosen, place)
        refuse_named(place, images)
        write_digests(folder)
        size = sum(path.stat().st_size for path in place.files())
    return Kept(bits, size, changed, card)


def _refuse_other(out: Path, manifest: Manifest) -> None:
    """Refuse a place that holds anything but an earlier keeping of the same run."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not is_kept(out):
        raise InputError(f"{out} is not empty; give -o another folder")
    theirs = read_manifest(out)
    if (theirs.started, theirs.protocol_digest) != (manifest.started, manifest.protocol_digest):
        raise InputError(f"{out} keeps another run; give -o another folder")


def _publishable(run: RunResults, statuses: Mapping[str, VariantOutcome]) -> RunResults:
    """Return ``run`` as it is kept: without paths, attention maps and rows under way."""
    protocol = run.manifest.protocol
    places = {"data": protocol.data.model_copy(update={"path": None})}
    if protocol.source is not None:
        places["source"] = protocol.source.model_copy(update={"path": None})
    named = tuple(Path(plugin).name for plugin in protocol.plugins)
    protocol = protocol.model_copy(update={**places, "plugins": named})
    finished = run.manifest.finished is not None
    variants = tuple(
        _without_maps(variant)
        if finished or variant.name in statuses
        else VariantResults(variant.record, UNDER_WAY, trials=variant.trials)
        for variant in run.variants
    )
    return replace(
        run,
        manifest=replace(run.manifest, protocol=protocol),
        variants=variants,
        ensembles=ensembles_of(protocol, variants),
        kept=True,
    )


def _without_maps(variant: VariantResults) -> VariantResults:
    """Leave out where fits look: the images were chosen by their labels."""
    return replace(variant, fits=tuple(replace(fit, attention=None) for fit in variant.fits))


def _write_records(part: RunResults, source: RunFolder, place: RunFolder) -> None:
    """Write what holds no answer to a single image."""
    write_manifest(place, part.manifest)
    write_statuses(place, {variant.name: variant.outcome for variant in part.variants})
    write_studies(place, {each.name: each.trials for each in part.variants if each.trials})
    for variant, fit in _fits(part):
        old, new = (FitFolder(each.fit(variant.name, fit.record.seed)) for each in (source, place))
        new.path.mkdir(parents=True)
        copies = {old.record: new.record, old.history: new.history}
        copies[source.cost(variant.name)] = place.cost(variant.name)
        for file, copy in copies.items():
            if file.is_file():
                shutil.copyfile(file, copy)
        if fit.robustness is not None:
            keep_robustness(old.robustness, new.robustness, read_splits(source))


def _write_answers(
    part: RunResults, images: SplitTable, source: RunFolder, place: RunFolder, bits: int
) -> None:
    """Write all probabilities, to so many significant ``bits``, and how that was done."""
    classes, finished = len(part.class_names), part.manifest.finished is not None
    for variant, fit in _fits(part):
        old, new = (FitFolder(each.fit(variant.name, fit.record.seed)) for each in (source, place))
        keep_answers(old.predictions, new.predictions, images, classes, bits)
        if fit.views:
            keep_answers(old.views, new.views, images, classes, bits)
    record = KeptRecord(
        ferbench=installed("ferbench") or "",
        significant_bits={variant.name: bits for variant in part.variants if variant.fits},
        audited=part.audit is not None,
        voted=part.votes is not None,
        votes_digest=part.votes.digest if part.votes else "",
        digests_digest=sha256_of(source.digests) if finished and source.digests.is_file() else "",
    )
    write_kept(place, record, kept_images(images))


def _fits(part: RunResults) -> Iterator[tuple[VariantResults, FitResults]]:
    return ((variant, fit) for variant in part.variants for fit in variant.fits)


def _rendered_again(folder: Path, labels: Labels, wanted: Rendered) -> tuple[Rendered, str | None]:
    """Render what was kept; say where the page prints another number than the one ``wanted``."""
    made = rendered(read_run(folder, labels=labels), images=False, named=False)
    return made, first_printed_difference(made.page, wanted.page)
