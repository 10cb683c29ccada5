"""``ferbench doctor``."""

from __future__ import annotations

import sys

STYLES = {"ok": "green", "warning": "yellow", "problem": "red"}


def doctor() -> int:
    """Say what this installation can do; exit status 1 where a run cannot work."""
    from rich.text import Text

    from benchmarks.doctor.examination import examine
    from benchmarks.machine.console import Console

    console = Console(highlight=False, soft_wrap=True)
    waiting = Console(stderr=True)
    problems = 0
    with waiting.status("trying the engines, each in a process of its own"):
        for finding in examine():
            severity = f"{finding.severity:8}"
            console.print(Text.assemble((severity, STYLES[finding.severity]), str(finding)))
            sys.stdout.flush()
            problems += finding.severity == "problem"
    if problems:
        console.print(f"{problems} problem(s): a run cannot work before they are solved.")
    else:
        console.print("A run can work: try ferbench run quick.")
    return 1 if problems else 0
