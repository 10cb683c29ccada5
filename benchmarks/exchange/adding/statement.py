"""What a user states of a model from outside, completed and checked by the model's own file."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.engines.opened import Shapes, Source
from benchmarks.errors import InputError
from benchmarks.exchange.adding.architectures import record_of, source_of
from benchmarks.exchange.adding.class_names import stated_classes
from benchmarks.exchange.adding.incoming import AddRequest
from benchmarks.exchange.adding.preprocessing import CHANNELS, SCALE_NAMES, USUAL_COLOUR
from benchmarks.processes.worker import call
from benchmarks.store.records import Colour, ExternalArchitecture, InputSpec, RunResults


@dataclass(frozen=True, kw_only=True)
class Statement:
    """How a model reads images, what it is opened from, and the ``versions`` that open it."""

    reading: InputSpec
    source: Source
    architecture: ExternalArchitecture | None
    versions: dict[str, str]


def complete_statement(request: AddRequest, run: RunResults) -> Statement:
    """Return what the user and the model's file state together."""
    if request.scale is None or not request.classes:
        raise InputError(
            f"{request.file}: say how it reads images, as its file does not: --scale "
            f"{' or '.join(SCALE_NAMES)}, and --classes with its outputs in order, "
            f"for instance {','.join(run.class_names)}"
        )
    classes = stated_classes(request.classes, run.class_names)
    own_channels = run.manifest.data.image_shape[-1]
    source = source_of(request, len(classes), own_channels)
    shapes: Shapes
    shapes, versions = call("benchmarks.exchange.adding.inference:describe", {"source": source})
    if shapes.outputs != len(classes):
        raise InputError(
            f"{request.file}: it has {shapes.outputs} outputs and the run "
            f"{len(run.class_names)} classes; only a model of the same classes can join, "
            "or one that has contempt too, if --classes names it"
        )
    height, width = (_size(request, side) for side in (shapes.height, shapes.width))
    reading = InputSpec(
        scale=request.scale,
        classes=classes,
        colour=_colour(request, shapes.channels, own_channels),
        height=height,
        width=width,
        logits=request.logits,
    )
    return Statement(
        reading=reading, source=source, architecture=record_of(source), versions=versions
    )


def _size(request: AddRequest, fixed: int | None) -> int:
    if fixed is None and request.input_size is None:
        raise InputError(f"{request.file}: it leaves the size of images open; say --input-size")
    if fixed and request.input_size not in (None, fixed):
        raise InputError(f"--input-size {request.input_size}: the model takes {fixed} pixels")
    return fixed or request.input_size or 0


def _colour(request: AddRequest, channels: int, own: int) -> Colour:
    """Return how colours enter; only RGB or BGR is open, and only if the images have colour.

    Keras' caffe mode turns RGB into BGR, so that scale says it where nothing else does.
    """
    usual = USUAL_COLOUR.get(request.scale) if request.scale else None
    if (request.colour or usual) is None and channels == 3 and own == 3:
        raise InputError(f"{request.file}: say --colour rgb or --colour bgr (OpenCV's order)")
    colour = request.colour or ("grey" if channels == 1 else usual or "rgb")
    if CHANNELS[colour] != channels:
        raise InputError(f"--colour {colour}: the model takes images of {channels} channel(s)")
    return colour
