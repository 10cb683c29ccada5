"""The figures of one variant on its page, each with the text that says its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from benchmarks.evaluation.calibration import HOTTEST, Scaling
from benchmarks.evaluation.curves import Selective, Separation, macro_auc
from benchmarks.evaluation.importance import unknown_because
from benchmarks.metrics import Reliability
from benchmarks.report.elements.drawing import inline_svg
from benchmarks.report.elements.elements import Picture
from benchmarks.report.elements.numbers import decimal, listing, percent, plural, whole, with_sign
from benchmarks.report.sections.variant_figures import (
    KEPT,
    curves,
    has_curves,
    minimised,
    reliability_diagram,
    selective_curve,
    thresholds,
    tuning,
)
from benchmarks.store.records import RunResults, VariantResults
from benchmarks.training.checkpoint import EpochRecord

AT_BOUND = 0.01
ALSO_KEPT = (0.2, 0.4, 0.6)


def thresholds_picture(
    classes: Sequence[Separation | None], names: tuple[str, ...], name: str, anchor: str
) -> Picture:
    """Return ROC and precision over recall of each class of variant ``name``."""
    pairs = list(zip(names, classes, strict=True))
    text = "; ".join(
        f"{each} {decimal(found.auc)} and {decimal(found.average_precision)}"
        for each, found in pairs
        if found
    )
    caption = "Each class against the rest, averaged over seeds"
    if text:
        caption += f". Mean AUC of the classes {decimal(macro_auc(classes))}"
    if absent := [each for each, found in pairs if found is None]:
        caption += f". Left out, as the test set has none of it or nothing else: {listing(absent)}"
    return Picture(
        inline_svg(thresholds(classes, names), f"{anchor}-thresholds"),
        f"ROC and precision–recall curves of {name}. AUC and average precision: {text or 'none'}",
        caption,
    )


def reliability_picture(scaled: Scaling, name: str, anchor: str) -> Picture:
    """Return the reliability diagrams before and after temperature scaling."""
    before, after = scaled.before, scaled.after
    several = len(scaled.temperatures) > 1
    mean = sum(scaled.temperatures) / len(scaled.temperatures)
    temperature = f"{'temperatures of ' if several else 'temperature '}{decimal(mean, 2)}"
    caption = (
        f"Share of right answers by confidence{', all seeds pooled' if several else ''}; bars: "
        f"share of the answers. Calibration error {with_sign(before.error)} before and "
        f"{with_sign(after.error)} after, log-loss {decimal(before.log_loss)} and "
        f"{decimal(after.log_loss)}, with {temperature}{' on average' if several else ''}, "
        "fitted on validation"
    )
    if any(max(t, 1 / t) > HOTTEST * (1 - AT_BOUND) for t in scaled.temperatures):
        caption += f"; a temperature lies at the bound of the search, {HOTTEST:.0f} or its inverse"
    return Picture(
        inline_svg(reliability_diagram(scaled), f"{anchor}-reliability"),
        f"Reliability of {name}: confidence, share right and answers of each bin. "
        f"As trained: {_bins(before.reliability)}. "
        f"Temperature scaled: {_bins(after.reliability)}",
        caption,
    )


def _bins(found: Reliability) -> str:
    return "; ".join(
        f"{with_sign(confidence)}, {with_sign(right)}, {whole(count)}"
        for count, confidence, right in zip(
            found.counts, found.confidence, found.accuracy, strict=True
        )
        if count
    )


def selective_picture(found: Selective, name: str, anchor: str) -> Picture:
    """Return the accuracy against the share of answers kept."""
    marked, *others = (f"{percent(share, 0)}\N{NO-BREAK SPACE}%" for share in (KEPT, *ALSO_KEPT))
    pairs = zip(others, ALSO_KEPT, strict=True)
    kept = "; ".join(f"{with_sign(found.at(share))} of {text}" for text, share in pairs)
    return Picture(
        inline_svg(selective_curve(found), f"{anchor}-selective"),
        f"Accuracy of {name} if only the most confident answers are kept: {kept}; "
        f"{with_sign(found.at(KEPT))} of {marked}; {with_sign(found.at(1))} of all",
        f"With {marked} of the answers kept, {with_sign(found.at(KEPT))} of them are "
        f"right; of all, {with_sign(found.at(1))} (broken line). Area under risk over coverage "
        f"{decimal(found.risk_area)}: lower is better",
    )


def curves_picture(variant: VariantResults, anchor: str) -> Picture | None:
    """Return loss and accuracy by epoch, or ``None`` where there is no history."""
    if not has_curves(variant):
        return None
    lines = plural(len(variant.fits), "seed")
    ends = "; ".join(_end(fit.record.seed, fit.history[-1]) for fit in variant.fits if fit.history)
    return Picture(
        inline_svg(curves(variant), f"{anchor}-curves"),
        f"Loss and accuracy of {variant.name} by epoch, train and validation. "
        f"At the last epoch: {ends}",
        f"Loss and accuracy by epoch, one line for each of {lines}",
    )


def _end(seed: int, last: EpochRecord) -> str:
    return (
        f"seed {seed}, train loss {decimal(last.train_loss)}, "
        f"accuracy {with_sign(last.train_accuracy)}, "
        f"validation loss {decimal(last.validation_loss)}, "
        f"accuracy {with_sign(last.validation_accuracy)}"
    )


def tuning_picture(run: RunResults, variant: VariantResults, anchor: str) -> Picture | None:
    """Return the validation value of each trial, or ``None`` where nothing was tuned."""
    if not variant.trials:
        return None
    states = Counter(trial.state for trial in variant.trials)
    text = ", ".join(f"{states[state]} {state}" for state in ("complete", "pruned", "failed"))
    value = run.manifest.protocol.selection.replace("_", "-")
    known = [trial for trial in variant.trials if trial.value is not None]
    each = "; ".join(f"{trial.number}: {decimal(trial.value)}" for trial in known)
    return Picture(
        inline_svg(tuning(variant, minimised(run)), f"{anchor}-tuning"),
        f"Validation {value} of each tuning trial of {variant.name} ({text}). {each}",
        f"Validation {value} of each trial: {text}. Trial 0 is "
        + (
            "the defaults"
            if run.manifest.protocol.sets_hyperparameters
            else "the literature's defaults"
        ),
    )


def about_importance(variant: VariantResults) -> str:
    """Say how far the hyperparameters' importance can be trusted, or why there is none."""
    if not variant.trials:
        return ""
    if reason := unknown_because(variant):
        return f"No importance of hyperparameters: {reason}."
    complete = sum(trial.state == "complete" for trial in variant.trials)
    return f"The importance is estimated from {complete} complete trials: a hint, no measurement."
