"""How a run compares with its original is written and read; the claim of a folder comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.errors import InputError
from benchmarks.store.files import write_values
from benchmarks.store.folder import RunFolder
from benchmarks.store.reproduction import (
    Difference,
    Reproduction,
    Verdict,
    stored_reproduction,
    write_reproduction,
)

CLAIM = Reproduction(of="quick", manifest_digest="ab" * 32)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    verdict = Verdict(variant="plain-cnn", seed=0, judgement="different", accuracy=0.5, reason="x")
    made = Reproduction(
        of=CLAIM.of,
        manifest_digest=CLAIM.manifest_digest,
        finished="2024-05-01T10:00:00+00:00",
        verdicts=(verdict,),
        differences=(Difference("code", "commit"),),
    )
    write_reproduction(RunFolder(tmp_path), made)
    stored = stored_reproduction(RunFolder(tmp_path))
    assert stored == made
    assert not made.succeeded


def test_a_claim_of_an_earlier_version_is_one_of_the_same_run(tmp_path: Path) -> None:
    write_values(RunFolder(tmp_path).reproduction, {"of": "quick", "manifest_digest": "ab" * 32})
    stored = stored_reproduction(RunFolder(tmp_path))
    assert stored is not None and stored.is_of_the_same(CLAIM)
    other = Reproduction(of="quick", manifest_digest="cd" * 32)
    assert not stored.is_of_the_same(other)


def test_a_folder_without_one_is_no_reproduction(tmp_path: Path) -> None:
    assert stored_reproduction(RunFolder(tmp_path)) is None


@pytest.mark.parametrize("content", ['{"of": ', '{"of": "quick", "manifest_digest": "ab"}'])
def test_a_damaged_one_is_named(tmp_path: Path, content: str) -> None:
    RunFolder(tmp_path).reproduction.write_text(content, "utf-8")
    with pytest.raises(InputError, match=r"reproduction.json: .*remove it and run again"):
        stored_reproduction(RunFolder(tmp_path))
