"""What a file of weights is put into: a configuration beside it, or an architecture by name."""

from __future__ import annotations

from pathlib import Path

from benchmarks.engines.opened import Blueprint, Source
from benchmarks.engines.registry import engines, load
from benchmarks.errors import InputError
from benchmarks.exchange.adding.incoming import AddRequest
from benchmarks.exchange.adding.openers import opener_of
from benchmarks.exchange.adding.preprocessing import CHANNELS
from benchmarks.store.records import ExternalArchitecture
from datasets.files import sha256_of
from models.registry import Architecture, discover

CONFIGURATION = ".json"


def source_of(request: AddRequest, classes: int, own_channels: int) -> Source:
    """Return what the model of ``request``, of so many ``classes``, is opened from.

    ``own_channels`` are those of the run's images, which are tried first where ``--colour``
    leaves open how many a named architecture takes. Raises ``InputError`` and ``ModelError``
    for an architecture that is not there or not for such a file.
    """
    file, asked = _model(request), request.architecture
    opener = opener_of(file)
    if not asked:
        found = load(opener.companion)(file) if opener.companion else None
        return Source(file=file, configuration=found)
    if asked.endswith(CONFIGURATION):
        if not opener.companion:
            raise InputError(
                f"--architecture {asked}: {file.name} is not put into a configuration; "
                "name a registered or plug-in architecture"
            )
        if not Path(asked).is_file():
            raise InputError(f"--architecture {asked}: no such file")
        return Source(file=file, configuration=Path(asked))
    _refuse_other_engine(file, discover(request.plugins)[asked])
    return Source(
        file=file,
        blueprint=Blueprint(
            architecture=asked,
            plugins=tuple(path.resolve() for path in request.plugins),
            classes=classes,
            input_size=request.input_size,
            channels=_channels(request, own_channels),
        ),
    )


def record_of(source: Source) -> ExternalArchitecture | None:
    """Return what names the architecture in ``source`` and digests the file that declares it."""
    name, declared = "", source.configuration
    if source.blueprint:
        name = source.blueprint.architecture
        declared = discover(source.blueprint.plugins)[name].file
    if declared is None:
        return None
    return ExternalArchitecture(name=name, file=declared.name, sha256=sha256_of(declared))


def _model(request: AddRequest) -> Path:
    assert request.model is not None
    return request.model


def _refuse_other_engine(file: Path, architecture: Architecture) -> None:
    spec = engines().get(architecture.engine)
    if spec is None or spec.opener is None:
        raise InputError(
            f"--architecture {architecture.name}: weights of {architecture.engine} cannot be "
            "opened; bring its answers with --predictions"
        )
    if file.suffix not in spec.opener.suffixes:
        raise InputError(
            f"--architecture {architecture.name}: it is a network of {spec.title}, whose weights "
            f"come as {', '.join(spec.opener.suffixes)}; {file.name} is another kind of file"
        )


def _channels(request: AddRequest, own: int) -> tuple[int, ...]:
    if request.colour:
        return (CHANNELS[request.colour],)
    return (own, *sorted({*CHANNELS.values()} - {own}))
