"""Every table that leaves a page compiles, and none is wider or higher than a page."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.report.files.tables import exported_files
from benchmarks.store.reading import read_run
from tests.folder import ROWS, build
from tests.folder_extras import ask, view

PREAMBLE = r"""\documentclass[a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{booktabs,adjustbox}
\extrafloats{200}
\begin{document}
"""


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex here")
def test_each_table_fits_a_page(tmp_path: Path) -> None:
    if not _has("adjustbox.sty"):
        pytest.skip("LaTeX is here, its package adjustbox is not")
    run = read_run(view(ask(build(tmp_path / "run", ROWS, seeds=(0, 1), images=80))))
    files = exported_files(run)
    tables = {name: text for name, text in files.items() if name.startswith("leaderboard")}
    tables |= {name: text for name, text in files.items() if r"\begin{table}" in text}
    names = [name for name in tables if name.endswith(".tex")]
    assert len(names) > 20
    body = "".join(f"\\message{{<{name}>}}\n{tables[name]}\\clearpage\n" for name in names)
    (tmp_path / "all.tex").write_text(f"{PREAMBLE}{body}\\end{{document}}\n", "utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert (
        re.findall(
            r"Overfull \\[hv]box \((?:[1-9]\d*)\.\d+pt[^\n]*|Float too large[^\n]*", done.stdout
        )
        == []
    )


def _has(file: str) -> bool:
    return subprocess.run(["kpsewhich", file], capture_output=True).returncode == 0
