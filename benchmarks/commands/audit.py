"""``ferbench audit``."""

from __future__ import annotations

from typing import Annotated

import typer

from benchmarks.commands.options import Data


def audit(
    name: str,
    data: Data = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole audit as JSON.")] = False,
) -> int:
    """Print what is wrong with a data set: duplicates, alterations, blank and unreadable images."""
    from benchmarks.commands.audit_listing import audited, print_audit, print_json

    found = audited(name, data)
    if json:
        print_json(found)
    else:
        print_audit(found)
    return 0
