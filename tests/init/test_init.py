"""`ferbench init`: a protocol that fits the images, loads, and is never written over another."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.data.prepared import PreparedData
from benchmarks.init import precision
from benchmarks.init import proposal as proposing
from benchmarks.init.estimate import Pace
from benchmarks.init.proposal import Proposal, choose_data, propose
from benchmarks.init.toml import protocol_text, write_protocol
from benchmarks.machine.environment import gpu
from benchmarks.machine.timing import rough_duration
from benchmarks.protocol.reading import load_protocol
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant
from datasets.reading.recognition import look, recognise
from datasets.registry import discover
from tests.datasets.samples import (
    write_classes,
    write_fer2013_csv,
    write_fer2013_folder,
    zipped,
)
from tests.runs.commands import Done, ferbench_here
from tests.scout.recorded import record, scouted

INSPECT, AUDIT = ("datasets", "inspect"), ("audit",)
BACKSLASHES = 'C:\\faces\\new "set" ü'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FERBENCH_DATA", raising=False)


def init(*arguments: object) -> Done:
    return ferbench_here("init", *arguments, "--no-measure")


def written(folder: Path, tmp_path: Path) -> Protocol:
    file = tmp_path / "mine.toml"
    done = init(folder, "-o", file)
    assert done.status == 0, done.err
    return load_protocol(str(file))


def proposed(folder: Path) -> Proposal:
    choice, prepared = choose_data(folder)
    return propose("mine", choice, prepared, measure=False, notify=lambda name: None)


def recognised(place: Path) -> str:
    return recognise(place, look(place), discover())[0].name


def test_the_file_loads_and_names_the_images_wherever_it_is_run(tmp_path: Path) -> None:
    write_classes(tmp_path / "faces", {"happy": 20, "sad": 20})
    protocol = written(tmp_path / "faces", tmp_path)
    assert protocol.name == "mine"
    assert protocol.data.set == "image-folder"
    assert protocol.data.path == str(tmp_path / "faces")
    rows = [(row.architecture, row.initialisation) for row in protocol.variants]
    assert ("majority", "scratch") in rows
    assert ("timm:resnet18", "imagenet") in rows
    assert ("timm:resnet18", "scratch") in rows, "transfer needs its control"


def test_a_folder_is_listed_once(tmp_path: Path, listings: list[Path]) -> None:
    write_classes(tmp_path / "faces", {"happy": 20, "sad": 20})
    choose_data(tmp_path / "faces")
    assert listings == [tmp_path / "faces"]


def test_counts_and_the_next_command_are_told(tmp_path: Path) -> None:
    write_classes(tmp_path / "faces", {"happy": 30, "sad": 20})
    file = tmp_path / "my file.toml"
    done = init(tmp_path / "faces", "-o", file)
    assert "50 images of 2 classes, 48×48, grey" in done.err
    assert f"ferbench run '{file}'" in done.err
    text = file.read_text("utf-8")
    happy = next(line for line in text.splitlines() if line.startswith("# happy"))
    assert happy.split()[2:] == ["21", "3", "6"]
    assert "not measured" in text, "no time may be promised that nothing was measured for"


@pytest.mark.skipif(os.name == "nt", reason="such names cannot exist on Windows")
def test_odd_names_are_escaped(tmp_path: Path) -> None:
    folder = tmp_path / BACKSLASHES
    names = ['line\nbreak = "x"', "]] #", "表情", "\u202eevil"]
    write_classes(folder, dict.fromkeys(names, 15))
    protocol = written(folder, tmp_path)
    assert protocol.data.path == str(folder)
    text = (tmp_path / "mine.toml").read_text("utf-8")
    assert r'# line\nbreak = "x"' in text
    assert "# 表情" in text
    assert "\u202e" not in text


def test_the_files_name_is_made_of_the_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)
    for folder, name in (("My faces!", "My-faces"), ("表情", "mine"), ("quick", "my-quick")):
        write_classes(tmp_path / folder, {"a": 15, "b": 15})
        done = init(folder)
        assert done.status == 0, done.err
        assert load_protocol(f"{name}.toml").name == name


def test_a_file_is_replaced_only_when_told(tmp_path: Path) -> None:
    write_classes(tmp_path / "faces", {"happy": 15, "sad": 15})
    file = tmp_path / "mine.toml"
    file.write_text("precious", "utf-8")
    done = init(tmp_path / "faces", "-o", file)
    assert done.status == 2
    assert "--force" in done.err
    assert file.read_text("utf-8") == "precious"
    assert init(tmp_path / "faces", "-o", file, "--force").status == 0
    assert load_protocol(str(file)).name == "mine"


def test_wrong_inputs_get_one_line(tmp_path: Path) -> None:
    write_classes(tmp_path / "one", {"happy": 15})
    write_classes(tmp_path / "few", {"happy": 15, "sad": 2})
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", "utf-8")
    (tmp_path / "text.txt").write_text("no images", "utf-8")
    for arguments, message in (
        ([], "ferbench init PATH"),
        ([tmp_path / "absent"], "no such file or folder"),
        ([tmp_path / "one"], "each of two classes or more"),
        ([tmp_path / "few"], "class 'sad' has 2 different images"),
        ([tmp_path / "table.csv"], "emotion,pixels,Usage"),
        ([tmp_path / "text.txt"], "each of two classes or more"),
        ([tmp_path / "few", "--data", tmp_path / "one"], "give the images once"),
        ([tmp_path / "few", "-o", tmp_path], "is a folder"),
    ):
        done = init(*arguments)
        assert done.status == 2
        lines = [line for line in done.err.splitlines() if line.strip()]
        assert len(lines) == 1, done.err
        assert message in lines[0]
    assert not list(Path.cwd().glob("one.toml"))


def test_images_of_several_sizes_get_a_common_one(tmp_path: Path) -> None:
    write_classes(tmp_path / "faces" / "x", {"happy": 15}, size=(80, 90))
    write_classes(tmp_path / "faces" / "x", {"sad": 15}, size=(70, 120))
    found = proposed(tmp_path / "faces")
    assert found.protocol.data.options == {"image_size": 96}
    assert found.prepared.data.image_shape == (96, 96, 1)


@pytest.mark.parametrize(("side", "size"), [(20, 32), (48, None), (300, 224 if gpu() else 96)])
def test_networks_get_a_size_that_they_can_take_and_the_machine_can_bear(
    tmp_path: Path, side: int, size: int | None
) -> None:
    write_classes(tmp_path / "faces", {"happy": 15, "sad": 15}, size=(side, side))
    rows = {row.architecture: row for row in proposed(tmp_path / "faces").protocol.variants}
    assert rows["timm:resnet18"].input_size == size
    assert rows["plain-cnn"].input_size == (size if side > 48 else None)


def test_very_unequal_classes_are_selected_by_macro_f1(tmp_path: Path) -> None:
    write_classes(tmp_path / "unequal", {"happy": 80, "sad": 15})
    write_classes(tmp_path / "equal", {"happy": 20, "sad": 15})
    assert proposed(tmp_path / "unequal").protocol.selection == "macro_f1"
    assert proposed(tmp_path / "equal").protocol.selection == "accuracy"


def test_a_split_that_is_there_is_kept(tmp_path: Path) -> None:
    for split in ("train", "val", "test"):
        write_classes(tmp_path / "faces" / split, {"happy": 5, "sad": 5})
    protocol = written(tmp_path / "faces", tmp_path)
    assert protocol.data.test_share == 0.2
    text = (tmp_path / "mine.toml").read_text("utf-8")
    assert "test_share" not in text
    assert "made here" not in text


def test_a_class_without_test_images_is_told(tmp_path: Path) -> None:
    for split, counts in {
        "train": {"happy": 5, "sad": 5},
        "val": {"happy": 5, "sad": 5},
        "test": {"happy": 5},
    }.items():
        write_classes(tmp_path / "faces" / split, counts)
    done = init(tmp_path / "faces", "-o", tmp_path / "mine.toml")
    assert "no test image of sad" in done.err


@pytest.mark.parametrize(("happy_side", "side"), [(80, 80), (90, 96)])
def test_the_size_and_the_counts_are_those_of_inspect(
    tmp_path: Path, happy_side: int, side: int
) -> None:
    write_classes(tmp_path / "faces", {"fear": 12, "sad": 15, "happy": 25}, size=(80, 80))
    if happy_side != 80:
        write_classes(tmp_path / "faces", {"happy": 25}, size=(happy_side, happy_side))
    told = init(tmp_path / "faces", "-o", tmp_path / "mine.toml").err
    inspected = ferbench_here("datasets", "inspect", "image-folder", "--data", tmp_path / "faces")
    assert inspected.status == 0, inspected.err
    assert f"{side}×{side}, grey" in told
    assert f"{side}×{side}, grey" in inspected.out
    for name in ("fear", "happy", "sad"):
        (by_init,) = (line.split()[1:] for line in told.splitlines() if line.startswith(name))
        (row,) = (line for line in inspected.out.splitlines() if line.startswith(name))
        assert row.split()[1:4] == by_init


def test_the_lines_about_the_data_are_those_of_inspect_and_audit(tmp_path: Path) -> None:
    faces = write_classes(tmp_path / "faces", {"happy": 15, "sad": 25})
    (faces / "notes.txt").write_text("none", "utf-8")
    told = init(faces, "-o", tmp_path / "mine.toml").err
    said = [ferbench_here(*a, "image-folder", "--data", faces).out for a in (INSPECT, AUDIT)]
    for line in (
        "validation and test split made here, as none was given: drawn class by class from the "
        "seed, with identical images on one side; another seed gives another",
        "left out: 1 file (1 no image)",
        ".: 1 no image (not an image); first: notes.txt",
    ):
        assert all(line in map(str.strip, out.splitlines()) for out in (told, *said)), line


def test_an_archive_is_as_good_as_a_folder(tmp_path: Path) -> None:
    archive = zipped(write_classes(tmp_path / "faces", {"happy": 15, "sad": 15}))
    assert written(archive, tmp_path).data.path == str(archive)


def test_fer2013_is_recognised_in_its_layouts(tmp_path: Path) -> None:
    for place in (
        write_fer2013_folder(tmp_path / "folder"),
        zipped(write_fer2013_folder(tmp_path / "archived")),
        write_fer2013_csv(tmp_path / "csv" / "fer2013.csv"),
    ):
        assert recognised(place) == "fer2013"


def test_your_own_faces_in_fer2013s_classes_are_your_own(tmp_path: Path) -> None:
    seven = dict.fromkeys(("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"), 2)
    larger = write_classes(tmp_path / "larger", seven, size=(90, 90))
    assert recognised(larger) == "image-folder"
    like = write_classes(tmp_path / "like", seven)
    assert recognised(like) == "image-folder", "size and classes alone do not make it FER2013"
    for few in (("happy", "sad"), ("Anger", "0_sad", "joy")):
        mine = write_classes(tmp_path / few[0], dict.fromkeys(few, 15))
        assert choose_data(mine)[0].set == "image-folder"


def test_the_budget_grows_with_the_time_and_never_exceeds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_classes(tmp_path / "faces", {"happy": 40, "sad": 40})
    seen = []
    for longest in (1, 200, 1e9):
        monkeypatch.setattr(proposing, "LONGEST", longest)
        protocol = proposed(tmp_path / "faces").protocol
        seen.append(protocol.tuning.trials * protocol.fit.epochs * len(protocol.fit.seeds))
    assert seen[0] < seen[1] < seen[2]
    assert seen[0] == 2 * 4
    assert seen[2] == 16 * 100 * 3


def test_too_many_images_are_cut_to_a_stratified_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_classes(tmp_path / "faces", {"happy": 40, "sad": 40})
    monkeypatch.setattr(proposing, "LONGEST", 1)
    monkeypatch.setattr(proposing, "SUBSETS", (60, 40, 30))
    found = proposed(tmp_path / "faces")
    assert len(found.prepared.split.train) == 56
    assert found.protocol.data.train_images == 30
    write_protocol(found, tmp_path / "mine.toml")
    assert "trains on 30 of 56 images" in (tmp_path / "mine.toml").read_text("utf-8")
    assert load_protocol(str(tmp_path / "mine.toml")).data.train_images == 30


def test_a_time_is_told_where_the_networks_were_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_classes(tmp_path / "faces", {"happy": 15, "sad": 15})
    monkeypatch.setattr(proposing, "NETWORKS", (("plain-cnn", "scratch"),))
    told: list[str] = []
    choice, prepared = choose_data(tmp_path / "faces")
    found = propose("mine", choice, prepared, measure=True, notify=told.append)
    assert told == ["majority", "pixel-logistic", "plain-cnn"]
    assert found.seconds is not None and 0 < found.seconds < 3600
    write_protocol(found, tmp_path / "mine.toml")
    text = (tmp_path / "mine.toml").read_text("utf-8")
    assert f"About {rough_duration(found.seconds)} with {found.workers} worker(s) on " in text


def test_no_time_is_told_where_a_network_could_not_be_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_classes(tmp_path / "faces", {"happy": 15, "sad": 15})
    monkeypatch.setenv("KERAS_BACKEND", "abacus")
    monkeypatch.setattr(proposing, "NETWORKS", (("plain-cnn", "scratch"),))
    choice, prepared = choose_data(tmp_path / "faces")
    found = propose("mine", choice, prepared, measure=True, notify=lambda name: None)
    assert found.seconds is None
    write_protocol(found, tmp_path / "mine.toml")
    text = (tmp_path / "mine.toml").read_text("utf-8")
    assert "not measured: plain-cnn: " in " ".join(text.replace("#", "").split())


def test_a_duration_is_no_more_exact_than_an_estimate() -> None:
    found = [rough_duration(seconds) for seconds in (10, 200, 1000, 3590, 9000)]
    assert found == ["1 min", "3 min", "15 min", "60 min", "2.5 h"]


def test_the_best_scouted_backbones_become_the_transfer_rows(tmp_path: Path) -> None:
    write_classes(tmp_path / "faces", {"happy": 20, "sad": 20})
    choice, prepared = choose_data(tmp_path / "faces")
    scouting = record(
        scouted("timm:tf_efficientnet_lite0", size=96, accuracy=0.384),
        scouted("timm:tf_efficientnet_lite0", size=48, accuracy=0.36),
        replace(scouted("vgg16", "edges", accuracy=0.33), behind=0.054, behind_se=0.011),
        scouted("pixels", "", 32, accuracy=0.31),
        scouted("timm:tf_efficientnet_lite0", "scratch", 96, accuracy=0.3),
        scouted("resnet50", accuracy=0.2),
    )
    found = propose(
        "mine", choice, prepared, measure=False, notify=lambda name: None, scouting=scouting
    )
    write_protocol(found, tmp_path / "mine.toml")
    protocol = load_protocol(str(tmp_path / "mine.toml"))
    transfer = [
        (row.architecture, row.initialisation, row.strategy, row.input_size)
        for row in protocol.variants
        if row.initialisation != "scratch"
    ]
    assert transfer == [
        ("timm:tf_efficientnet_lite0", "imagenet", "frozen", 96),
        ("timm:tf_efficientnet_lite0", "imagenet", "fine-tune", 96),
        ("vgg16", "edges", "frozen", None),
        ("vgg16", "edges", "fine-tune", None),
    ]
    assert [row.architecture for row in protocol.variants][2:4] == ["plain-cnn", "augmented-cnn"]
    text = " ".join((tmp_path / "mine.toml").read_text("utf-8").replace("#", "").split())
    assert "on 5,000 training images" in text
    assert (
        "features at 96 pixels is right in 38.4 ± 1.0 % (cross-validated, ± one standard error); "
        "its network with random weights 30.0 ± 1.0 %, pixels alone 31.0 ± 1.0 %" in text
    )
    assert "standard error), 5.4 ± 1.1 points behind the best; pixels alone" in text
    assert text.count("Scouted before any training") == 2


DEPTHWISE, DENSE = "timm:tf_efficientnet_lite0", "vgg16"
SLOW, FAST = Pace(10.0, 30.0), Pace(100.0, 300.0)


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """On a machine where only the depthwise network is faster in float32, note what is timed."""
    noted: list[tuple[str, str]] = []

    def paces(
        protocol: Protocol, prepared: PreparedData, variants: list[Variant], _: object
    ) -> dict[str, Pace]:
        noted.extend((variant.architecture.name, protocol.precision) for variant in variants)
        slow = DEPTHWISE if protocol.precision == "bfloat16" else DENSE
        shape = prepared.data.image_shape
        return {
            proposing.speed_name(v, shape): SLOW if v.architecture.name == slow else FAST
            for v in variants
        }

    monkeypatch.setattr(precision, "measure_paces", paces)
    return noted


@pytest.mark.parametrize("native", ["bfloat16", "float32"])
def test_a_scouted_backbone_gets_the_precision_that_it_is_faster_in(
    tmp_path: Path, timed: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch, native: str
) -> None:
    write_classes(tmp_path / "faces", {"happy": 20, "sad": 20})
    monkeypatch.setattr(proposing, "native_precision", lambda: native)
    scouting = record(scouted(DEPTHWISE, accuracy=0.4), scouted(DENSE, "edges", accuracy=0.3))
    choice, prepared = choose_data(tmp_path / "faces")
    found = propose(
        "mine", choice, prepared, measure=True, notify=lambda name: None, scouting=scouting
    )
    pinned = {(row.architecture, row.precision) for row in found.protocol.variants if row.precision}
    assert pinned == ({(DEPTHWISE, "float32")} if native == "bfloat16" else set())
    twice = {name for name, _ in timed if {(name, "float32"), (name, "bfloat16")} <= {*timed}}
    assert twice == ({DEPTHWISE, DENSE} if native == "bfloat16" else set())
    write_protocol(found, tmp_path / "mine.toml")
    text = (tmp_path / "mine.toml").read_text("utf-8")
    assert ("rows that were faster in float32 name it" in text) == (native == "bfloat16")
    assert text.count('\nprecision = "float32"') == (2 if native == "bfloat16" else 1)


@pytest.mark.parametrize("made", [True, False])
def test_scouting_on_a_split_that_was_made_says_for_which_it_holds(
    made: bool, tmp_path: Path
) -> None:
    write_classes(tmp_path / "faces", {"happy": 20, "sad": 20})
    choice, prepared = choose_data(tmp_path / "faces")
    scouting = replace(record(scouted("vgg16", "edges", accuracy=0.33)), made=made)
    told: list[str] = []
    found = propose("mine", choice, prepared, measure=False, notify=told.append, scouting=scouting)
    text = " ".join(protocol_text(found, tmp_path / "mine.toml").replace("#", "").split())
    assert ("with another seed, test_share, classes or duplicates" in text) is made
