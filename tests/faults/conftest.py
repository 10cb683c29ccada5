"""The runs that commands are broken on, made once."""

from __future__ import annotations

import pytest

from tests.faults.forked import Bench
from tests.faults.work import make


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A bench with two finished runs of one protocol, and somebody's predictions."""
    bench = Bench(tmp_path_factory.mktemp("made"))
    make(bench)
    return bench
