"""Fetching a data set with the user's own credentials; nothing else here uses the network."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from datasets.records import DataError
from datasets.settings import offline

KAGGLE_HANDLES = MappingProxyType({"fer2013": "msambare/fer2013"})


def fetch(name: str, destination: Path) -> Path:
    """Download the data set ``name`` from Kaggle into ``destination`` and return its folder.

    Raises ``DataError`` saying what to do where it is not on offer, where FERBENCH_OFFLINE=1
    forbids the network, and without kagglehub or credentials.
    """
    if name not in KAGGLE_HANDLES:
        raise DataError(f"{name}: cannot be fetched; on offer: {', '.join(KAGGLE_HANDLES)}")
    if offline():
        raise DataError(f"{name}: not fetched because FERBENCH_OFFLINE=1; unset it to download")
    try:
        import kagglehub
    except ImportError as error:
        raise DataError(
            f"{name}: fetching needs the package kagglehub: "
            "pip install -c constraints.txt -e '.[fetch]'"
        ) from error
    try:
        folder = kagglehub.dataset_download(KAGGLE_HANDLES[name], output_dir=str(destination))
    except Exception as error:
        raise DataError(
            f"{name}: not downloaded ({type(error).__name__}: {_first_line(error)}); create a "
            "token on your Kaggle account page, save it as ~/.kaggle/kaggle.json, and repeat"
        ) from error
    return Path(folder)


def _first_line(error: Exception) -> str:
    line = (str(error).strip().splitlines() or ["no reason given"])[0]
    return line if len(line) <= 120 else line[:119] + "…"
