"""Fetching is refused with the reason, and asks Kaggle for the right data set."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from datasets.fetch import fetch
from datasets.records import DataError


def test_an_unknown_name_lists_what_is_on_offer(tmp_path):
    with pytest.raises(DataError, match="affectnet: cannot be fetched; on offer: fer2013"):
        fetch("affectnet", tmp_path)


def test_offline_means_offline(tmp_path, monkeypatch):
    monkeypatch.setenv("FERBENCH_OFFLINE", "1")
    with pytest.raises(DataError, match="FERBENCH_OFFLINE=1"):
        fetch("fer2013", tmp_path)


def test_a_missing_kagglehub_is_named_with_the_way_to_get_it(tmp_path, monkeypatch):
    monkeypatch.delenv("FERBENCH_OFFLINE", raising=False)
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(DataError, match=r"pip install .* '\.\[fetch\]'"):
        fetch("fer2013", tmp_path)


def with_kagglehub(monkeypatch, dataset_download):
    monkeypatch.delenv("FERBENCH_OFFLINE", raising=False)
    monkeypatch.setitem(
        sys.modules, "kagglehub", SimpleNamespace(dataset_download=dataset_download)
    )


def test_kaggle_is_asked_for_the_data_set_and_the_folder(tmp_path, monkeypatch):
    asked = []

    def dataset_download(handle: str, *, output_dir: str) -> str:
        asked.append((handle, output_dir))
        return output_dir

    with_kagglehub(monkeypatch, dataset_download)
    assert fetch("fer2013", tmp_path) == tmp_path
    assert asked == [("msambare/fer2013", str(tmp_path))]


def test_missing_credentials_say_what_to_do_in_one_line(tmp_path, monkeypatch):
    def refused(handle: str, *, output_dir: str) -> str:
        raise PermissionError("403 Client Error.\n\nYou don't have permission")

    with_kagglehub(monkeypatch, refused)
    with pytest.raises(DataError, match=r"kaggle\.json") as error:
        fetch("fer2013", tmp_path)
    assert "\n" not in str(error.value)
