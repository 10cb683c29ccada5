"""The card beside an exported model: what it is, what it takes and what it scored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from benchmarks.engines.exporting import Card
from benchmarks.engines.registry import engine_spec
from benchmarks.engines.spec import ExportFormat
from benchmarks.evaluation.fitted import ScoredFit
from benchmarks.evaluation.scores import score
from benchmarks.evaluation.uncertainty import mean_interval
from benchmarks.store.records import RunResults
from datasets.records import DataError
from datasets.registry import discover


def card(chosen: ScoredFit, form: ExportFormat) -> dict[str, Any]:
    """Return the facts of an exported fit as JSON values, but those of the file itself."""
    run, variant, facts = chosen.run, chosen.variant, chosen.fit.record
    manifest = run.manifest
    scored_in = engine_spec(variant.record.engine).computes_in(facts.precision)
    return {
        "variant": variant.name,
        "seed": facts.seed,
        "key": facts.key,
        "format": form.name,
        "contents": form.contents,
        "classes": list(run.class_names),
        "input": {
            "shape": [None, *manifest.data.image_shape],
            "layout": "N×H×W×C",
            "colour": "grey" if manifest.data.image_shape[-1] == 1 else "RGB",
            "range": [0, 255],
            "dtype": "float32",
        },
        "output": "probabilities, N×classes, rows summing to 1",
        "precision": form.precision or scored_in,
        "precision_scored": scored_in,
        "test": _test(chosen),
        "data": {
            "name": manifest.data.name,
            "digest": manifest.data.digest,
            "standing": manifest.data.provenance.status,
            "split_digest": manifest.split.digest,
        },
        "run": {
            "name": manifest.name,
            "protocol_digest": manifest.protocol_digest,
            "ferbench": manifest.ferbench,
            "commit": manifest.git.commit,
        },
        "architecture": {
            "name": variant.record.architecture,
            "initialisation": variant.record.initialisation,
            "strategy": variant.record.strategy,
            "source": variant.record.source,
        },
        "trained_with": dict(facts.versions),
        "licence": _licence(run, variant.record.initialisation),
    }


def as_card(facts: Mapping[str, Any]) -> Card:
    """Return what a writer puts into the file of ``facts``, what `card` returned."""
    taken = facts["input"]
    return Card(
        class_names=tuple(facts["classes"]),
        image_shape=tuple(taken["shape"][1:]),
        input_range=tuple(taken["range"]),
        text=json.dumps(facts, ensure_ascii=False),
    )


def _test(chosen: ScoredFit) -> dict[str, Any]:
    test = chosen.fit.test
    scores = score(test)
    accuracy = mean_interval(test.correct, test.image_ids, fraction=True)
    return {
        "images": len(test.labels),
        "images_with_a_duplicate_elsewhere": chosen.run.test_duplicates,
        **scores,
        "accuracy_low": accuracy.low,
        "accuracy_high": accuracy.high,
        "interval": "95 % Wilson interval of the effective number of images, copies counted once; "
        "it covers the sampling of images only",
    }


def _licence(run: RunResults, initialisation: str) -> str:
    names = [run.manifest.data.name]
    if initialisation == "source" and run.manifest.source_data:
        names.append(run.manifest.source_data.name)
    told = "; ".join(f"{name}: {_terms(name)}" for name in dict.fromkeys(names))
    start = "" if initialisation in ("scratch", "source") else f" It started from {initialisation}."
    return (
        f"The terms of what the weights were learned from apply to them ({told}).{start} "
        "ferbench's own licence covers its code, not these weights."
    )


def _terms(data_set: str) -> str:
    try:
        source = discover().get(data_set)
    except DataError:
        source = None
    return source.licence if source else "terms unknown to ferbench"
