"""Published figures stand beside runs on the same data, classes and labels alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.evaluation.published import PUBLISHED, published_beside
from benchmarks.store.reading import read_manifest
from tests.folder import ROWS, build


def test_a_run_on_other_classes_or_labels_has_no_published_figures_beside_it(
    tmp_path: Path,
) -> None:
    manifest = read_manifest(build(tmp_path / "run", ROWS[:1], images=40))
    assert published_beside(manifest) == PUBLISHED
    two = replace(manifest.data, class_names=("angry", "happy"))
    assert published_beside(replace(manifest, data=two)) == ()
    choice = manifest.protocol.data.model_copy(update={"labels": "fer+"})
    protocol = manifest.protocol.model_copy(update={"data": choice})
    assert published_beside(replace(manifest, protocol=protocol)) == ()
