"""Using the models of a whole run: predict and webcam as a user calls them."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmarks.evaluation.fitted import resolve_fit
from benchmarks.use.predictor import PredictorProcess
from models.registry import ModelError
from tests.runs.commands import ferbench_here, stored
from tests.use.portraits import film, portrait, save

VARIANTS = ("two-faced", "pixel-logistic", "emotionnet", "timm:resnet10t.scratch@32")


@pytest.fixture
def plugin(small_protocol: Path) -> Path:
    return small_protocol.parent / "p.py"


@pytest.fixture
def run(small: Path) -> Path:
    return small


@pytest.mark.parametrize("variant", VARIANTS)
def test_predictions_are_the_stored_ones_of_the_first_seed(
    run: Path, test_images: Path, plugin: Path, variant: str
) -> None:
    done = ferbench_here(
        "predict", f"{run}/{variant}", test_images, "--format", "csv", "--plugin", plugin
    )
    assert done.status == 0, done.err
    said = pd.read_csv(io.StringIO(done.out))
    expected = stored(run, variant, "test").filter(like="p_")
    assert len(said) == len(expected) > 100
    np.testing.assert_allclose(said[expected.columns], expected, rtol=0, atol=1e-6)
    assert not np.allclose(expected, stored(run, variant, "test", 7).filter(like="p_"), atol=1e-6)
    assert said["face_x"].isna().all()
    names = expected.columns.str.removeprefix("p_")
    assert (said["answer"] == names[expected.to_numpy().argmax(axis=1)]).all()


def test_without_a_variant_the_best_on_validation_is_taken_and_named(
    run: Path, test_images: Path, plugin: Path
) -> None:
    def validation_accuracy(variant: str) -> float:
        tables = [stored(run, variant, "validation", seed) for seed in (3, 7)]
        right = [(t.filter(like="p_").to_numpy().argmax(axis=1) == t["label"]) for t in tables]
        return float(np.mean([r.mean() for r in right]))

    best = max(VARIANTS, key=validation_accuracy)
    done = ferbench_here("predict", run, test_images / "00000.png", "--plugin", plugin)
    assert done.status == 0, done.err
    assert f"model: {best}, seed 3 (best of 4 on validation, accuracy " in done.err
    assert "00000.png" in done.out


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A photograph, one turned by EXIF, one of no face, and files that are no pictures."""
    folder = tmp_path / "fotos ü"
    save(folder / "portrait.png", portrait())
    mark = Image.Exif()
    mark[0x0112] = 6
    lying = Image.fromarray(np.ascontiguousarray(np.rot90(portrait())))
    lying.save(folder / "lying.jpg", exif=mark, quality=95)
    save(folder / "blank.jpg", np.full((300, 300, 3), 90, np.uint8))
    (folder / "broken.png").write_bytes(b"\x89PNG and no more")
    (folder / "empty.jpg").touch()
    return folder


def test_faces_of_photographs_as_json_lines(run: Path, album: Path) -> None:
    done = ferbench_here(
        "predict", f"{run}/pixel-logistic", album, "absent.png", "--format", "jsonl"
    )
    assert done.status == 1
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [Path(line["path"]).name for line in lines] == ["lying.jpg", "portrait.png"]
    for line in lines:
        assert sum(line["probabilities"].values()) == pytest.approx(1)
        assert line["answer"] == max(line["probabilities"], key=line["probabilities"].__getitem__)
        face = line["face"]
        assert face["x"] < 224 < face["x"] + face["side"]
        assert face["y"] < 113 < face["y"] + face["side"]
    told = done.err.splitlines()
    assert [line.partition(": ")[0] for line in told] == [
        "absent.png",
        "model",
        f"{album}/blank.jpg",
        f"{album}/broken.png",
        f"{album}/empty.jpg",
    ]
    assert "no face found; --whole" in told[2]


def test_csv_and_the_table_hold_the_same_answers(run: Path, album: Path) -> None:
    arguments = ("predict", f"{run}/pixel-logistic", album / "portrait.png")
    rows = list(csv.DictReader(io.StringIO(ferbench_here(*arguments, "--format", "csv").out)))
    table = ferbench_here(*arguments)
    assert (table.status, len(rows)) == (0, 1)
    heading, row = (line.split() for line in table.out.splitlines())
    assert heading[:3] == ["picture", "face", "answer"]
    assert rows[0]["answer"] in row
    for name in heading[3:]:
        assert f"{100 * float(rows[0][f'p_{name}']):.1f}" in row


def test_whole_pictures_are_not_searched(run: Path, album: Path) -> None:
    done = ferbench_here(
        "predict", f"{run}/pixel-logistic", album / "blank.jpg", "--whole", "--format", "jsonl"
    )
    assert done.status == 0, done.err
    assert json.loads(done.out)["face"] is None


def test_names_that_are_no_unicode_come_back_as_they_are(run: Path, tmp_path: Path) -> None:
    hostile = os.fsencode(tmp_path) + b"/\xff\x1b[2J\n.png"
    save(tmp_path / "plain.png", np.zeros((48, 48), np.uint8))
    (tmp_path / "plain.png").rename(os.fsdecode(hostile))
    done = ferbench_here("predict", f"{run}/pixel-logistic", tmp_path, "--format", "jsonl")
    assert done.status == 0, done.err
    assert os.fsencode(json.loads(done.out)["path"]) == hostile
    table = ferbench_here("predict", f"{run}/pixel-logistic", tmp_path)
    assert "\\x1b[2J\\n.png" in table.out
    assert "\x1b" not in table.out


def test_annotated_copies_lie_as_their_originals_and_are_no_pictures_themselves(
    run: Path, album: Path
) -> None:
    before = {path: path.read_bytes() for path in album.iterdir()}
    for _ in range(2):
        done = ferbench_here("predict", f"{run}/pixel-logistic", album, "--save", album)
        assert done.status == 1
        assert len(done.out.splitlines()) == 3
    made = {path.name for path in album.iterdir()} - {path.name for path in before}
    assert made == {"lying.predicted.jpg", "portrait.predicted.png"}
    assert all(path.read_bytes() == content for path, content in before.items())
    with Image.open(album / "lying.predicted.jpg") as copy:
        assert copy.size == (512, 512)


@pytest.mark.parametrize(
    ("variant", "damage", "message"),
    [
        ("pixel-logistic", lambda file: file.unlink(), "holds no model"),
        (
            "pixel-logistic",
            lambda file: file.write_bytes(b"nothing"),
            "changed since",
        ),
        ("emotionnet", lambda file: file.write_bytes(b"nothing"), "changed since"),
        ("two-faced", lambda file: None, "--plugin PATH"),
        ("two-face", lambda file: None, "did you mean 'two-faced'"),
    ],
)
def test_a_model_that_cannot_be_had_is_told_in_one_line(
    run: Path, tmp_path: Path, variant: str, damage: object, message: str
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    for seed in copy.glob(f"fits/{variant}/seed-*"):
        name = "model.keras" if variant == "emotionnet" else "model.safetensors"
        damage(seed / name)  # type: ignore[operator]
    picture = save(tmp_path / "a.png", np.zeros((48, 48), np.uint8))
    done = ferbench_here("predict", f"{copy}/{variant}", picture)
    assert (done.status, done.out) == (2, "")
    lines = [line for line in done.err.splitlines() if not line.startswith("model: ")]
    assert len(lines) == 1, done.err
    assert lines[0].startswith("ferbench: ")
    assert message in lines[0]


def test_a_worker_that_is_killed_is_told_and_nothing_hangs(run: Path) -> None:
    with closing(PredictorProcess(resolve_fit(f"{run}/pixel-logistic"))) as predictor:
        images = np.zeros((2, 48, 48, 1), np.uint8)
        assert predictor.predict(images).shape == (2, 7)
        os.kill(predictor.pid, signal.SIGKILL)
        with pytest.raises(ModelError, match="ended by signal 9"):
            predictor.predict(images)


def test_images_of_another_shape_are_refused_and_the_worker_lives_on(run: Path) -> None:
    with closing(PredictorProcess(resolve_fit(f"{run}/pixel-logistic"))) as predictor:
        with pytest.raises(ModelError):
            predictor.predict(np.zeros((1, 20, 20, 1), np.uint8))
        assert predictor.predict(np.zeros((1, 48, 48, 1), np.uint8)).shape == (1, 7)


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a face, then two without."""
    path = tmp_path_factory.mktemp("video") / "face.avi"
    return film(path, [portrait()] * 20 + [np.zeros_like(portrait())] * 20, rate=10)


def test_webcam_says_each_second_what_it_sees(run: Path, video: Path) -> None:
    done = ferbench_here("webcam", f"{run}/pixel-logistic", "--camera", video)
    assert done.status == 0, done.err
    lines = done.out.splitlines()
    assert [line.partition("  ")[0] for line in lines] == ["0:00", "0:01", "0:02", "0:03"]
    assert ["no face" in line for line in lines] == [False, False, True, True]
    assert all(" % (" in line for line in lines[:2])


@pytest.mark.parametrize(
    ("camera", "message"),
    [
        ("99", "camera 99: cannot be opened"),
        ("absent.mp4", "absent.mp4: no such video file"),
        (__file__, "not a video that OpenCV can read"),
    ],
)
def test_a_camera_that_cannot_be_had_is_told_in_one_line(
    run: Path, camera: str, message: str
) -> None:
    done = ferbench_here("webcam", f"{run}/pixel-logistic", "--camera", camera)
    assert (done.status, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert message in line


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_q_ends_the_live_display(run: Path, tmp_path: Path) -> None:
    """Without the key the film would go on for more than a minute."""
    import pty

    film(tmp_path / "long.avi", [portrait()[:256, 96:352]] * 2000, rate=10)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "benchmarks", "webcam", f"{run}/pixel-logistic"]
    process = subprocess.Popen(
        [*command, "--camera", str(tmp_path / "long.avi")],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
        start_new_session=True,
    )
    os.close(theirs)
    shown, deadline = b"", time.monotonic() + 120
    while b"q ends" not in shown and time.monotonic() < deadline:
        shown += os.read(ours, 4096)
    assert "surprise" in shown.decode(errors="replace")
    os.write(ours, b"xq")
    while process.poll() is None and time.monotonic() < deadline:
        try:
            os.read(ours, 4096)
        except OSError:
            break
    assert process.wait(timeout=10) == 0
    os.close(ours)
