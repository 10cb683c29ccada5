"""Importance: how much of the trials' different scores each hyperparameter explains."""

from __future__ import annotations

from typing import Any

from benchmarks.protocol.search import to_optuna
from benchmarks.store.records import TrialRecord, VariantResults
from models.registry import Categorical, Dimension, Space

FEWEST = 8
"""Complete trials under which nothing is said."""
TREES = 32
SEED = 0


def importance(variant: VariantResults) -> dict[str, float]:
    """Return each searched hyperparameter's share of the variance that single ones explain.

    It is that of functional ANOVA on a random forest (Hutter et al. 2014, ICML 32:754, as in
    Optuna), always with the same seed, over the complete trials in the present space. Empty
    where `unknown_because` tells why.
    """
    if unknown_because(variant):
        return {}
    import optuna
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study()
    space = to_optuna(variant.record.space)
    for trial in _complete(variant):
        params = {name: trial.params[name] for name in space}
        study.add_trial(
            optuna.trial.create_trial(params=params, distributions=space, value=trial.value)
        )
    evaluator = FanovaImportanceEvaluator(n_trees=TREES, seed=SEED)
    return {k: float(v) for k, v in get_param_importances(study, evaluator=evaluator).items()}


def unknown_because(variant: VariantResults) -> str:
    """Say why no importance can be told; blank where it can."""
    complete, dimensions = _complete(variant), len(variant.record.space)
    if dimensions < 2:
        return f"hyperparameters searched: {dimensions}, and it takes two"
    if len(complete) < FEWEST:
        return f"complete trials: {len(complete)}, and it takes {FEWEST}"
    if len({trial.value for trial in complete}) == 1:
        return "all complete trials scored alike"
    return ""


def _complete(variant: VariantResults) -> list[TrialRecord]:
    space = variant.record.space
    return [t for t in variant.trials if t.state == "complete" and _inside(t, space)]


def _inside(trial: TrialRecord, space: Space) -> bool:
    """Whether a trial has a value for each dimension of the space, and within it."""
    return trial.value is not None and all(
        name in trial.params and _holds(dimension, trial.params[name])
        for name, dimension in space.items()
    )


def _holds(dimension: Dimension, value: Any) -> bool:
    if isinstance(dimension, Categorical):
        return value in dimension.values
    return isinstance(value, int | float) and dimension.low <= value <= dimension.high
