"""Verifying a results folder: every number again from the predictions, every digest, every key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.errors import Finding, InputError
from benchmarks.machine.versions import installed
from benchmarks.protocol.canonical import digest
from benchmarks.protocol.schema import decisive
from benchmarks.report.elements.pictures import (
    album_of,
    claims_pictures,
    names_images,
    sprites,
    without_pictures,
)
from benchmarks.report.page import rendered
from benchmarks.reproducibility.differences import first_difference_in, pieces_in
from benchmarks.store.contents import contents
from benchmarks.store.digests import changes, stored_digests
from benchmarks.store.files import as_stored
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.kept import Labels, is_kept, read_images
from benchmarks.store.keys import measure_key, score_key
from benchmarks.store.ledger import damaged_lines
from benchmarks.store.models import spoilt_files
from benchmarks.store.openings import ASKED, untold_openings
from benchmarks.store.reading import (
    explain_record,
    predictions_key,
    read_manifest,
    read_run,
    require_run,
    robustness_record,
    stored_fit,
    views_record,
)
from benchmarks.store.records import (
    ExplainRecord,
    FitRecord,
    RobustnessRecord,
    RunResults,
    VariantResults,
    ViewsRecord,
)
from benchmarks.store.rendered import Rendered, read_page
from benchmarks.store.splits import read_splits
from datasets.digested import holds

RENDER = "`ferbench report` makes it again"


def verify(folder: Path, labels: Labels | None = None) -> list[Finding]:
    """Check the results folder ``folder`` and return what does not hold; nothing is written.

    In turn: each file against its digests, in ``digests.json``, in itself and in the record of its
    fit; the predictions against the split's images and
    labels; each key against what it digests; the test ledger against the scored fits; CSV, JSON
    and page against what the predictions give. Of a kept run the split and the numbers can be
    checked with the ``labels`` of its data alone. Raises ``InputError`` where ``folder`` is no run.
    """
    require_run(folder)
    folder = folder.resolve()
    found = list(_digests(folder))
    named = {finding.where for finding in found}
    found += [finding for finding in _records(folder) if finding.where not in named]
    place = RunFolder(folder)
    checks: dict[Path, Callable[[RunResults], Iterable[Finding]]] = {
        place.manifest: _protocol,
        place.splits: lambda run: _split(run, labels),
        place.fits: _keys,
        place.ledger: _ledger,
        place.page: _numbers,
    }
    try:
        if labels is None and is_kept(folder):
            labels = read_images(contents(folder, trusting=True)).unlabelled()
            del checks[place.splits], checks[place.page]
        run = read_run(folder, trusting=True, labels=labels)
    except Exception as error:
        return [*found, _unreadable(folder, error)]
    for file, check in checks.items():
        try:
            found += check(run)
        except Exception as error:
            what = f"cannot be checked: {type(error).__name__}: {error}"
            found.append(_problem(file.name, what))
    return found


def _digests(folder: Path) -> Iterator[Finding]:
    own = RunFolder(folder).digests.name
    words = {
        "changed": "changed since it was written",
        "missing": "is missing",
        "extra": f"is not in {own}",
    }
    for change in changes(folder):
        what = words[change.what]
        if change.file == own and change.what == "missing":
            what = "is missing: the run is under way, or of a ferbench that wrote none"
        yield _problem(change.file, what)


def _records(folder: Path) -> Iterator[Finding]:
    """Check what each file says of itself, and what the record of a fit says of its other files."""
    place, known = RunFolder(folder), stored_digests(folder) or {}
    for path in place.records():
        name = path.relative_to(place.path).as_posix()
        held = holds(path.read_bytes())
        if held is False:
            yield _problem(name, "is not what its own digest says")
        elif held is None and name not in known:
            yield _problem(name, "has no digest")
    for fit in place.trained():
        record = stored_fit(fit)
        for path in spoilt_files(fit, record.files) if record else ():
            if not path.exists() and is_kept(folder):
                continue  # models are not kept; another file that is gone, digests.json names
            what = f"is missing, or not what {FitFolder(fit).record.name} says"
            yield _problem(path.relative_to(place.path).as_posix(), what)


def _unreadable(folder: Path, error: Exception) -> Finding:
    """Name what could not be read: the file that the message begins with, if it is ours."""
    message = " ".join(str(error).split())
    fits = RunFolder(folder).fits.name
    if not isinstance(error, InputError):
        return _problem(fits, f"cannot be read: {type(error).__name__}: {message}")
    file, _, what = message.removeprefix(f"{folder}/").partition(": ")
    return _problem(file if file != str(folder) else fits, what)


def _protocol(run: RunResults) -> Iterator[Finding]:
    folder, manifest = RunFolder(run.folder), run.manifest
    if digest(decisive(as_stored(manifest.protocol))) != manifest.protocol_digest:
        yield _problem(folder.manifest.name, "protocol_digest is not that of its protocol")


def _split(run: RunResults, labels: Labels | None) -> Iterator[Finding]:
    folder, manifest = RunFolder(run.folder), run.manifest
    held = contents(run.folder, trusting=True)
    splits = labels.splits if labels else read_splits(folder, held)
    for name, part in (("digest", splits), ("training_digest", splits.training)):
        if part.digest(run.class_names) != getattr(manifest.split, name):
            what = f"its rows do not have {folder.manifest.name}'s split.{name}"
            yield _problem(folder.splits.name, what)


def _keys(run: RunResults) -> Iterator[Finding]:
    """Check what each ranked fit was trained as, and that its predictions and cost are its own."""
    folder = RunFolder(run.folder)
    for variant in run.ranked:
        fits = {fit.record.seed: fit.record for fit in variant.fits}
        seeds = tuple(fits) if variant.external else run.manifest.seeds
        for seed in seeds:
            place = folder.fit(variant.name, seed)
            file = _relative(run, FitFolder(place).predictions)
            if seed not in fits:
                yield _problem(file, "is missing: the fit is not scored")
                continue
            yield from _identity(run, variant, fits[seed], _relative(run, FitFolder(place).record))
            if predictions_key(run.folder / file) != score_key(
                fits[seed].key, run.manifest.split.digest
            ):
                yield _problem(file, "its key is not that of its fit on this split")
            yield from _asked(run, FitFolder(place), fits[seed].key)
        if seeds and seeds[0] in fits:
            yield from _cost(run, variant, fits[seeds[0]].key)


def _asked(run: RunResults, place: FitFolder, key: str) -> Iterator[Finding]:
    """Check that what a fit was asked beyond its score was asked of this fit, on this split."""
    readers: dict[Path, Callable[[bytes], ExplainRecord | RobustnessRecord | ViewsRecord | None]]
    readers = {
        place.attention: explain_record,
        place.robustness: robustness_record,
        place.views: views_record,
    }
    for path, read in readers.items():
        if not path.is_file():
            continue
        record = read(path.read_bytes())
        file = _relative(run, path)
        if record is None or record.key != record.identity.key:
            yield _problem(file, "its key is not the digest of its identity")
        elif (record.identity.fit, record.identity.split) != (key, run.manifest.split.digest):
            yield _problem(file, "it is of another fit or split, and is not in use")


def _identity(
    run: RunResults, variant: VariantResults, record: FitRecord, place: str
) -> Iterator[Finding]:
    if record.identity is None:
        return
    if record.identity.key != record.key:
        yield _problem(place, "its key is not the digest of its identity")
    manifest = run.manifest
    stated = {"data": manifest.split.training_digest, "threads": record.threads}
    stated |= {"targets": manifest.targets_digest} if manifest.targets_digest else {}
    stated |= {"code": variant.record.code} if variant.record.code else {}
    identity = as_stored(record.identity)
    pairs: list[tuple[str, Any, Any]] = [(n, identity.get(n), v) for n, v in stated.items()]
    for part, values in (("versions", record.versions), ("recipe", record.hyperparameters)):
        kept = identity.get(part, {})
        pairs += [(f"{part}.{name}", kept.get(name), value) for name, value in values.items()]
    for name, kept, value in pairs:
        if kept != value:
            yield _problem(place, f"it was trained with {name} {kept!r}, and {value!r} is stated")


def _cost(run: RunResults, variant: VariantResults, key: str) -> Iterator[Finding]:
    path, cost = RunFolder(run.folder).cost(variant.name), variant.cost
    if path.is_file() and cost.key != measure_key(key, cost.device):
        yield _problem(_relative(run, path), "its key is not that of the variant's first fit")


def _ledger(run: RunResults) -> Iterator[Finding]:
    """Check that every line can be read and that every scored fit has its opening."""
    folder = RunFolder(run.folder)
    for number in damaged_lines(folder.ledger):
        yield _problem(folder.ledger.name, f"line {number} cannot be read, or was changed")
    for untold in untold_openings(folder, run.ledger):
        place, how = _relative(run, untold.place), ASKED[untold.purpose]
        yield _problem(folder.ledger.name, f"no opening of the test set for {place}, {how}")


def _numbers(run: RunResults) -> Iterator[Finding]:
    """Compare what was rendered with the same rendered here, with pictures where it has any."""
    page = read_page(RunFolder(run.folder))
    pictured = claims_pictures(page) and unchecked(run.folder) is None
    made = rendered(run, images=pictured, named=names_images(page))
    for path, text in made.files(RunFolder(run.folder)):
        name = path.name
        if not path.is_file():
            yield _problem(name, "is missing", RENDER)
            continue
        stored = path.read_bytes().decode("utf-8", "replace")
        if claims_pictures(page) and not pictured:
            stored, text = without_pictures(stored), without_pictures(text)
        if found := first_difference_in(name, stored, text, drawings=_draws_alike(run)):
            yield _problem(name, found, RENDER)
        elif pictured and sprites(stored) != sprites(text):
            yield _problem(name, "its pictures are not those of the images in the cache")


def compared(folder: Path) -> str:
    """Say how much `verify` compares with what the predictions in ``folder`` give.

    A file that cannot be read, which is a finding, is left out.
    """
    files = [path for path, _ in Rendered("", "", "").files(RunFolder(folder)) if path.is_file()]
    texts = {path.name: path.read_text("utf-8", "replace") for path in files}
    counts = {name: pieces_in(name, text) for name, text in texts.items()}
    told = [f"{count:,} of {name}" for name, count in counts.items() if count]
    return f"texts and numbers compared: {', '.join(told) or 'none'}"


def unchecked(folder: Path) -> str | None:
    """Say why the pictures on the page of ``folder`` cannot be checked here, or ``None``."""
    if not claims_pictures(read_page(RunFolder(folder))):
        return None
    try:
        manifest = read_manifest(folder, trusting=True)
    except InputError:
        return None
    if not album_of(manifest, images=True).open:
        return "the page's pictures cannot be checked: the cache here has not got the images"
    libraries = manifest.environment.libraries
    stated = libraries.get("opencv-python-headless")
    if stated is not None and stated != installed("opencv-python-headless"):
        return f"the page's pictures cannot be checked: they were made by OpenCV {stated}"
    return None


def _draws_alike(run: RunResults) -> bool:
    """Tell whether figures drawn here should equal the run's, byte for byte."""
    stated = run.manifest.environment.libraries.get("matplotlib")
    return bool(stated == installed("matplotlib"))


def _problem(file: str, what: str, remedy: str = "") -> Finding:
    """Return what does not hold; ``file`` is named from the results folder."""
    return Finding("problem", file, what, remedy)


def _relative(run: RunResults, path: Path) -> str:
    return path.relative_to(run.folder).as_posix()
