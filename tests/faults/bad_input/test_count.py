"""How many kinds of bad input are tried, by subject."""

from __future__ import annotations

from tests.faults.bad_input import (
    model_files,
    pictures,
    test_added_answers,
    test_archives,
    test_class_folders,
    test_command_lines,
    test_protocols,
    test_tables,
)
from tests.plugins import test_plugin_files as plug_ins


def test_more_than_three_hundred_kinds_of_bad_input_are_tried_beside_those_of_protocols() -> None:
    commands = test_command_lines
    counted = {
        "images": len(pictures.UNREADABLE),
        "archives": len(test_archives.REFUSED) + len(test_archives.COUNTED),
        "tables": len(test_tables.FER2013) + len(test_tables.LABELS),
        "class folders": len(test_class_folders.FOLDERS),
        "answers": len(test_added_answers.CHANGES) + len(test_added_answers.FILES),
        "models": model_files.cases(),
        "plug-ins": len(plug_ins.COMMANDS) + 3 * len(plug_ins.ENDS),
        "command lines": len(commands.COMMANDS)
        + len(commands.NEEDS)
        + len(commands.VALUED)
        + len(commands.RUNS) * len(commands.GIVEN),
    }
    assert sum(counted.values()) >= 300, counted
    assert test_protocols.cases() >= 1000
