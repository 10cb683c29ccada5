"""Model files that are damaged or no models are refused in one line that names the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine_process import call
from tests.faults.bad_input import model_files


@pytest.mark.parametrize("engine", model_files.SUFFIXES)
def test_a_file_that_is_no_model_is_refused_by_its_name(engine: str, tmp_path: Path) -> None:
    if engine == "onnx":
        pytest.importorskip("onnxruntime")
    told = call(f"{model_files.__name__}:refusals", engine=engine, folder=str(tmp_path))
    wrong = {n: line for n, line in told.items() if not line.startswith(f"{n}: ") or "\n" in line}
    assert not wrong
    assert not [line for line in told.values() if "Traceback" in line or len(line) > 600]
