"""Small trees in the layouts that users bring, and what is read from them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from pathlib import Path

import cv2
import numpy as np

from datasets.reading.layouts.layout import Layout
from datasets.reading.layouts.table import recognise_layout
from datasets.reading.listing import list_images
from datasets.reading.trees import open_tree
from tests.datasets.samples import noise

TWO = ("happy", "sad")
PARTS = ("train", "test")
_NUMBERS = iter(range(10**6))


def picture(side: int = 8) -> bytes:
    """A PNG of noise, another at each call."""
    encoded: bytes = cv2.imencode(".png", noise(next(_NUMBERS), size=(side, side)))[1].tobytes()
    return encoded


def write(root: Path, images: Iterable[str], others: Mapping[str, str | bytes] = {}) -> Path:
    """Write pictures at ``images`` and the contents of ``others``; a name that ends in / is a
    folder."""
    contents = {name: picture() for name in images} | dict(others)
    for name, content in contents.items():
        place = root / name
        if name.endswith("/"):
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def read(root: Path, tables: Mapping[str, bytes] | None = None) -> Layout:
    """Recognise the layout at ``root``; all images are used or left out with a reason."""
    with open_tree(root) as tree:
        listing = list_images(tree)
        found = recognise_layout(listing, tables)
    used, left_out = {e.name for e in found.entries}, {one.path for one in found.left_out}
    assert used | left_out == set(listing.images)
    assert not used & left_out
    assert all(one.kind == "unused" and one.reason for one in found.left_out)
    return found


def told(layout: Layout) -> dict[str, tuple[str, str, str]]:
    """Return path → split, class, subject."""
    return {e.path: (e.split, e.class_name, e.subject) for e in layout.entries}


def in_folders(*levels: Iterable[str], count: int = 2) -> list[str]:
    """Return ``count`` image names in every folder of the product of ``levels``."""
    return [
        "/".join((*places, f"{number}.png"))
        for places in product(*levels)
        for number in range(count)
    ]


def array(code: int) -> bytes:
    """An ``.npy`` file with a number written as text, as AffectNet has them."""
    file = io.BytesIO()
    np.save(file, np.array(str(code)))
    return file.getvalue()


def table(rows: Iterable[Iterable[object]], separator: str = ",") -> str:
    """``rows`` as the text of a CSV file."""
    file = io.StringIO()
    csv.writer(file, delimiter=separator, lineterminator="\n").writerows(rows)
    return file.getvalue()


def raf_db(root: Path) -> Path:
    names = [f"{part}_0000{number}" for part in PARTS for number in range(4)]
    images = [f"basic/Image/aligned/{name}_aligned.jpg" for name in names]
    images += [f"basic/Image/original/{name}.jpg" for name in names]
    rows = "".join(f"{name}.jpg {4 + int(name[-1]) % 2}\n" for name in names)
    return write(root, images, {"basic/EmoLabel/list_patition_label.txt": rows})


def exp_w(root: Path) -> Path:
    rows = [f"a_{n}.jpg {face} 1 2 6 5 22.9 {3 + n % 2}\n" for n in range(4) for face in range(2)]
    images = [f"image/origin/a_{number}.jpg" for number in range(4)]
    return write(root, images, {"label/label.lst": "".join(rows)})


AFFECTNET_COLUMNS = [
    "subDirectory_filePath",
    "face_x",
    "face_y",
    "face_width",
    "face_height",
    "facial_landmarks",
    "expression",
    "valence",
    "arousal",
]


def affectnet(root: Path, codes: tuple[int, ...] = (0, 1, 8, 10), *, headed: bool = True) -> Path:
    def row(number: int, code: int) -> list[object]:
        return [f"{number}/{number}.jpg", 0, 0, 8, 8, "1.0;2.0", code, 0, 0]

    training = [AFFECTNET_COLUMNS, *(row(n, code) for n, code in enumerate(codes))]
    validation = [row(90 + code, code) for code in range(2)]
    images = [str(line[0]) for line in [*training[1:], *validation]]
    heading = [AFFECTNET_COLUMNS] if headed else []
    others = {"training.csv": table(training), "validation.csv": table([*heading, *validation])}
    return write(root, [f"Manually_Annotated_Images/{name}" for name in images], others)


def affectnet_arrays(root: Path) -> Path:
    places = [(part, number) for part in ("train_set", "val_set") for number in range(4)]
    images = [f"{part}/images/{number}.jpg" for part, number in places]
    arrays = {f"{part}/annotations/{n}_exp.npy": array(n % 2) for part, n in places}
    return write(root, images, arrays)


VOTES = ("9,1,0,0,0,0,0,0,0,0", "1,8,0,0,1,0,0,0,0,0", "4,4,1,1,0,0,0,0,0,0", "0,0,0,0,0,0,0,0,2,8")
FER_PLUS = ("FER2013Train", "FER2013Valid", "FER2013Test")


def fer_plus(root: Path) -> Path:
    rows = "".join(f'fer{n}.png,"(0, 0, 48, 48)",{votes}\n' for n, votes in enumerate(VOTES))
    images = [f"{part}/fer{number}.png" for part in FER_PLUS for number in range(len(VOTES))]
    return write(root, images, {f"{part}/label.csv": rows for part in FER_PLUS})


def ck_plus(root: Path) -> Path:
    images = [
        f"cohn-kanade-images/{who}/{sequence}/{who}_{sequence}_{frame:08}.png"
        for who in ("S005", "S010")
        for sequence in ("001", "002")
        for frame in range(1, 6)
    ]
    emotions: dict[str, str | bytes] = {
        f"Emotion/{who}/001/{who}_001_00000005_emotion.txt": f"   {code}.0000000e+00\n"
        for who, code in (("S005", 3), ("S010", 5))
    }
    return write(root, images, emotions | {"Emotion/S005/002/": ""})


def kdef(root: Path) -> Path:
    people = [f"{session}{who}" for session in "AB" for who in ("F01", "M35")]
    return write(
        root,
        [
            f"{person}/{person}{code}{view}.JPG"
            for person in people
            for code in ("AF", "HA")
            for view in ("S", "HL")
        ],
    )


def jaffe(root: Path) -> Path:
    names = [
        f"{who}.{code}{n}.{30 + n}.tiff"
        for who in ("KA", "KL")
        for code in ("AN", "FE")
        for n in (1, 2)
    ]
    return write(root, [f"jaffe/{name}" for name in names], {"jaffe/README": "about"})


def rafd(root: Path) -> Path:
    return write(
        root,
        [
            f"Rafd090_{who}_Caucasian_female_{word}_{gaze}.jpg"
            for who in ("01", "02")
            for word in ("angry", "contemptuous")
            for gaze in ("frontal", "left")
        ],
    )


def label_table(root: Path) -> Path:
    rows = [
        (f"images/{n}.png", TWO[n % 2], ("train", "val", "test")[n // 2], f"p{n}") for n in range(6)
    ]
    others = {"labels.csv": table([("path", "label", "split", "subject"), *rows])}
    return write(root, [str(row[0]) for row in rows], others)


def words_in_names(root: Path) -> Path:
    return write(root, [f"{word}_{number}.png" for word in TWO for number in range(2)])


def class_folders(root: Path) -> Path:
    return write(root, in_folders(PARTS, TWO))


TREES: Mapping[str, Callable[[Path], Path]] = {
    "RAF-DB": raf_db,
    "ExpW": exp_w,
    "AffectNet": affectnet,
    "AffectNet arrays": affectnet_arrays,
    "FER+": fer_plus,
    "CK+": ck_plus,
    "KDEF": kdef,
    "JAFFE": jaffe,
    "RaFD": rafd,
    "table of labels": label_table,
    "words in names": words_in_names,
    "class folders": class_folders,
}
"""A tree of each layout, by its name."""
