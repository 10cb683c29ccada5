"""How many kinds of bad input are tried, by subject."""

from __future__ import annotations

from tests.faults.bad_input import (
    pictures,
    test_added_answers,
    test_archives,
    test_class_folders,
    test_command_lines,
    test_protocols,
    test_tables,
)


def test_more_than_three_hundred_kinds_of_bad_input_are_tried_beside_those_of_protocols() -> None:
    commands = test_command_lines
    counted = {
        "images": len(pictures.UNREADABLE),
        "archives": len(test_archives.REFUSED) + len(test_archives.COUNTED),
        "tables": len(test_tables.FER2013) + len(test_tables.LABELS),
        "class folders": len(test_class_folders.FOLDERS),
        "answers": len(test_added_answers.CHANGES) + len(test_added_answers.FILES),
        "command lines": len(commands.COMMANDS)
        + len(commands.NEEDS)
        + len(commands.VALUED)
        + len(commands.RUNS) * len(commands.GIVEN),
    }
    assert sum(counted.values()) >= 300, counted
    assert test_protocols.cases() >= 1000
