"""What comes from outside: the user's data, published weights, Kaggle's data sets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from benchmarks.engines.published import FORBIDDEN, offers
from benchmarks.errors import Finding
from benchmarks.machine.settings import data_path
from benchmarks.machine.versions import installed
from datasets.settings import offline, offline_setting
from models.packaged import INSTALL, PACKAGED


def examine_data() -> Iterator[Finding]:
    """Say what FERBENCH_DATA names."""
    from datasets.reading.recognition import look, recognise
    from datasets.reading.trees import listing_once
    from datasets.records import DataError
    from datasets.registry import discover

    given = data_path()
    if not given:
        found = "FERBENCH_DATA is not set; quick needs no data, other presets take --data"
        yield Finding("ok", "data", found)
        return
    try:
        place = Path(given).expanduser()
        with listing_once():
            source = recognise(place, look(place), discover())[0]
    except DataError as error:
        advice = "correct FERBENCH_DATA, or unset it and give --data"
        yield Finding("warning", "data", f"FERBENCH_DATA: {error}", advice)
        return
    yield Finding("ok", "data", f"FERBENCH_DATA={given}, recognised as {source.name}")


def examine_weights() -> Iterator[Finding]:
    """Say which published weights are at hand, and how to have others."""
    from models.registry import discover

    every = list(offers(discover()))
    kept = [f"{it.architecture} ({it.initialisation}, {it.place})" for it in every if it.file]
    at_hand = f"at hand: {', '.join(kept)}" if kept else "none at hand"
    if missing := [row.distribution for row in PACKAGED if installed(row.distribution) is None]:
        found = f"not installed: {', '.join(missing)}; they carry weights, for want of a hub"
        yield Finding("ok", "weights in packages", found, INSTALL)
    if offline():
        advice = f"{INSTALL}, or {FORBIDDEN}"
        found = f"FERBENCH_OFFLINE=1 forbids fetching; {at_hand}"
        yield Finding("ok" if kept else "warning", "weights", found, "" if kept else advice)
        return
    if (setting := offline_setting()) not in ("", "0"):
        advice = "write FERBENCH_OFFLINE=1 to forbid every download"
        yield Finding("warning", "offline", f"FERBENCH_OFFLINE={setting} has no effect", advice)
    found = f"{at_hand}; others are fetched when a variant asks for them (not tried)"
    yield Finding("ok", "weights", found)


def examine_kaggle() -> Iterator[Finding]:
    """Say whether ``ferbench datasets fetch`` has what it needs; credentials are never read."""
    if place := kaggle_credentials():
        yield Finding("ok", "Kaggle", f"credentials present ({place})")
    else:
        found = "no credentials; only ferbench datasets fetch needs them"
        advice = "create a token on your Kaggle account page and save it as ~/.kaggle/kaggle.json"
        yield Finding("ok", "Kaggle", found, advice)
    if find_spec("kagglehub") is None:
        found = "not installed; only ferbench datasets fetch needs it"
        yield Finding("ok", "kagglehub", found, "pip install -c constraints.txt -e '.[fetch]'")


def kaggle_credentials() -> str | None:
    """Return where kagglehub would find credentials; neither they nor their file are read."""
    if os.environ.get("KAGGLE_API_TOKEN"):
        return "KAGGLE_API_TOKEN"
    if os.environ.get("KAGGLE_USERNAME") and os.environ.get("KAGGLE_KEY"):
        return "KAGGLE_USERNAME and KAGGLE_KEY"
    folder = Path(os.environ.get("KAGGLE_CONFIG_DIR", Path.home() / ".kaggle"))
    files = (folder / name for name in ("access_token", "kaggle.json"))
    return next((file.name for file in files if file.is_file()), None)
