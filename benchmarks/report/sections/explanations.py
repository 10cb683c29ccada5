"""What the variants look at, and where they fail: tables, and pictures where they are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.evaluation.attention import Glance, VariantAttention, attention
from benchmarks.evaluation.failures import (
    Confusion,
    Failures,
    Hopeless,
    Misclassification,
    failures,
    networks,
)
from benchmarks.report.elements.elements import Cell, Column, Table, table
from benchmarks.report.elements.numbers import MISSING, plural, three_digits, whole, with_sign
from benchmarks.report.elements.outline import Content, present
from benchmarks.report.elements.pictures import ImageSheet, Tile
from benchmarks.store.records import RunResults

Listed = TypeVar("Listed", Hopeless, Misclassification)
PAIRS, PAIRS_EACH = 12, 3
SHOWN = 24
LISTED = 60
MOST_MAPPED = 12
"""How many pairs, pictures, images and variants' maps the page has; the run's files have all."""


@dataclass(frozen=True)
class Gallery:
    """Pictures of one kind, and what they are."""

    title: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class VariantMaps:
    """One variant's maps: class by class the surest right and the surest wrong answer."""

    variant: str
    link: str
    summary: str
    gallery: tuple[Tile, ...]


@dataclass(frozen=True, kw_only=True)
class ExplanationsSection(Content):
    """Everything that the section shows; without pictures ``tiles`` are empty.

    The tables that name single images with their labels are ``None`` where that is not wanted.
    """

    confused: tuple[Table, ...]
    hopeless: str
    hopeless_tiles: tuple[Tile, ...]
    hopeless_table: Table | None
    mistakes_tiles: tuple[Tile, ...]
    mistakes_table: Table | None
    attention: Table | None
    maps: tuple[VariantMaps, ...]

    def exports(self) -> Iterator[tuple[str, Table]]:
        """Yield the tables of confusions, failures and attention."""
        for shown in self.confused:
            yield f"confused {shown.caption.partition(':')[0]}", shown
        yield from present(
            hopeless_table=self.hopeless_table,
            mistakes_table=self.mistakes_table,
            attention=self.attention,
        )


def explanations_section(
    run: RunResults,
    order: Sequence[str],
    anchors: Mapping[str, str],
    album: ImageSheet,
    *,
    named: bool,
) -> ExplanationsSection | None:
    """Return the section, or ``None`` where no variant is scored; ``order`` is best first.

    ``named`` is whether single images may be named with their labels.
    """
    found = failures(run, order)
    if found is None:
        return None
    seen = [gaze for v in networks(run, order) if (gaze := attention(v)) is not None]
    names = run.class_names
    return ExplanationsSection(
        confused=(_together(found, names), _each(found, names)),
        hopeless=_describe_hopeless(found),
        hopeless_tiles=tuple(_hopeless_tiles(_shown(found.hopeless), found, names, album)),
        hopeless_table=_hopeless_table(found, names) if named and found.hopeless else None,
        mistakes_tiles=tuple(_mistake_tiles(_shown(found.mistakes), names, album)),
        mistakes_table=_mistakes_table(found, names) if named and found.mistakes else None,
        attention=_attention_table(seen) if seen else None,
        maps=tuple(_variant_maps(each, anchors, names, album) for each in seen[:MOST_MAPPED])
        if album.open
        else (),
    )


def _shown(listed: Sequence[Listed]) -> tuple[Listed, ...]:
    """Return the first images of a list, no picture twice."""
    first = {each.image_id: each for each in reversed(listed)}
    return tuple(each for each in listed if first[each.image_id] is each)[:SHOWN]


def _together(found: Failures, names: Sequence[str]) -> Table:
    columns = [
        Column("Label", numeric=False),
        Column("Answered", numeric=False),
        Column("Share", "Of the images with this label, the share that was answered so."),
        Column("Images", "How many test images, as a mean over variants and seeds."),
    ]
    rows = [
        (names[c.label], names[c.answer], with_sign(c.share), three_digits(c.images))
        for c in found.confusions[:PAIRS]
    ]
    over = plural(len(found.variants), "variant")
    return table(f"Classes most confused, over {over}", columns, rows)


def _each(found: Failures, names: Sequence[str]) -> Table:
    def cell(confusion: Confusion) -> Cell:
        pair = f"{names[confusion.label]} as {names[confusion.answer]}"
        return Cell(pair, with_sign(confusion.share))

    rows = []
    for variant, confusions in found.by_variant.items():
        cells = [cell(confusion) for confusion in confusions[:PAIRS_EACH]]
        rows.append((Cell(variant), *cells, *[Cell(MISSING)] * (PAIRS_EACH - len(cells))))
    columns = ["Variant", "Most", "Second", "Third"]
    return table("Classes most confused, by variant: share of the label's images", columns, rows)


def _describe_hopeless(found: Failures) -> str:
    number = len(found.hopeless)
    if not number:
        return f"Each of the {whole(found.images)} test images is right for some variant."
    of_all = f"{whole(number)} of {whole(found.images)} test images ({_share(number, found)})"
    return (
        f"{of_all} are wrong for all {plural(len(found.variants), 'variant')} with every seed. "
        "First come those where the variants together prefer another class to the label by most: "
        "there the label itself may be wrong."
    )


def _share(number: int, found: Failures) -> str:
    return with_sign(number / found.images)


def _hopeless_tiles(
    chosen: Sequence[Hopeless], found: Failures, names: Sequence[str], album: ImageSheet
) -> Iterator[Tile]:
    for each in chosen if album.open else ():
        voted = f"{each.agreeing} of {len(found.variants)}"
        yield Tile(
            photo=album.stored("test", each.row),
            alternative=f"Test image {each.row}, labelled {names[each.label]}; {voted} variants "
            f"answer {names[each.answer]}, mean probability {with_sign(each.answer_share)}",
            caption=f"{names[each.label]} → {names[each.answer]} ({voted})",
            wrong=True,
        )


def _hopeless_table(found: Failures, names: Sequence[str]) -> Table:
    columns = [
        Column("Row"),
        Column("Image", numeric=False),
        Column("Label", numeric=False),
        Column("Mostly answered", numeric=False),
        Column("By", "How many variants answer so."),
        Column("Label’s probability", "Mean over variants of what they give to the label."),
        Column("Answer’s probability", "Mean over variants of what they give to that answer."),
    ]
    rows = [
        (
            str(each.row),
            each.path,
            names[each.label],
            names[each.answer],
            whole(each.agreeing),
            with_sign(each.label_share),
            with_sign(each.answer_share),
        )
        for each in found.hopeless[:LISTED]
    ]
    return table(_listed("Wrong for all variants", len(found.hopeless)), columns, rows)


def _mistake_tiles(
    chosen: Sequence[Misclassification], names: Sequence[str], album: ImageSheet
) -> Iterator[Tile]:
    for each in chosen if album.open else ():
        yield Tile(
            photo=album.stored("test", each.row),
            alternative=f"Test image {each.row}, labelled {names[each.label]}; {each.variant} "
            f"answers {names[each.answer]} with {with_sign(each.confidence)}",
            caption=f"{names[each.label]} → {names[each.answer]} {with_sign(each.confidence)}",
            wrong=True,
        )


def _mistakes_table(found: Failures, names: Sequence[str]) -> Table:
    columns = [
        Column("Row"),
        Column("Image", numeric=False),
        Column("Label", numeric=False),
        Column("Answered", numeric=False),
        Column("Confidence", "Probability of the answer, mean over seeds."),
        Column("Variant", "The one that was surest of the wrong answer.", numeric=False),
        Column("Wrong for", "How many variants get this image wrong."),
    ]
    rows = [
        (
            str(each.row),
            each.path,
            names[each.label],
            names[each.answer],
            with_sign(each.confidence),
            each.variant,
            whole(each.wrong_variants),
        )
        for each in found.mistakes[:LISTED]
    ]
    return table(_listed("Surest mistakes", len(found.mistakes)), columns, rows)


def _listed(what: str, number: int) -> str:
    return f"{what}: {LISTED} of {whole(number)}" if number > LISTED else what


def _attention_table(seen: Sequence[VariantAttention]) -> Table:
    columns = [
        Column("Variant", numeric=False),
        Column("Layer", "The deepest feature map of at least 6×6 cells.", numeric=False),
        Column("Map", "Cells of the map, height × width."),
        Column("Upper third", "Mean share of the maps there; an even look gives 33 %."),
        Column("Middle third", "Mean share of the maps there; an even look gives 33 %."),
        Column("Lower third", "Mean share of the maps there; an even look gives 33 %."),
        Column("Centre", "Mean share in the middle quarter; an even look gives 25 %."),
        Column("Images", "How many images were looked at; in small figures, those without map."),
    ]
    rows = [
        (
            Cell(each.variant),
            Cell(each.layer),
            Cell(f"{each.side[0]}×{each.side[1]}"),
            *(Cell(with_sign(part)) for part in (*each.thirds, each.centre)),
            Cell(whole(len(each.glances)), f"{whole(each.blank)} blank" if each.blank else ""),
        )
        for each in seen
    ]
    return table("Where it looks (Grad-CAM): the shares of the maps", columns, rows)


def _variant_maps(
    each: VariantAttention, anchors: Mapping[str, str], names: Sequence[str], album: ImageSheet
) -> VariantMaps:
    size = f"{each.side[0]}×{each.side[1]}"
    return VariantMaps(
        variant=each.variant,
        link=f"#{anchors[each.variant]}",
        summary=f"{each.layer}, {size}",
        gallery=tuple(_glance(glance, each, names, album) for glance in each.glances),
    )


def _glance(
    glance: Glance, each: VariantAttention, names: Sequence[str], album: ImageSheet
) -> Tile:
    label, answer, sure = names[glance.label], names[glance.answer], with_sign(glance.confidence)
    caption = f"{label} {sure}" if glance.right else f"{label} → {answer} {sure}"
    blank = "; nothing in the map speaks for it" if not each.maps[glance.index].any() else ""
    photo = album.stored("test", glance.row)
    return Tile(
        photo=photo,
        alternative=f"Test image {glance.row}, labelled {label}, answered {answer} with {sure}, "
        f"under the Grad-CAM map of {answer}{blank}",
        caption=caption,
        heat=album.heat((each.variant, glance.index), each.maps[glance.index]),
        wrong=not glance.right,
    )
