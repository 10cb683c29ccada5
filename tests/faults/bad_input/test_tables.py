"""A bad table of images or of labels is refused by its file, its line and what was expected."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from tests.datasets import samples
from tests.faults.bad_input.refusals import refused

PIXELS = " ".join(["9"] * 2304)
HEADER = "emotion,pixels,Usage\n"
SOUND = f"3,{PIXELS},Training\n"
MANY = "9" * 5000
FER2013: MappingProxyType[str, tuple[str | bytes, str]] = MappingProxyType(
    {
        "empty": ("", "its first line must name the columns emotion,pix"),
        "blank lines": ("\n\n\n", "its first line must name the columns emotion,pix"),
        "header alone": (HEADER, "not one readable image in it; it holds none"),
        "NUL bytes": (b"\0" * 999, "no FER2013 in it; expected fer2013.csv, or train"),
        "a quote never closed": (
            HEADER + f'3,"{PIXELS},Training\n' + SOUND * 3,
            "fer2013.csv:2: is no row of a table (unexpected ",
        ),
        "half of it": (
            HEADER + SOUND + SOUND[:900],
            "fer2013.csv:3: 2 fields where the first line nam",
        ),
        "200,000 columns": (
            "a," * 200_000 + "\n",
            "its first line must name the columns emotion,pix",
        ),
        "200,000 columns in a row": (
            HEADER + SOUND + "1," * 200_000 + "\n",
            "fer2013.csv:3: 200000 fields where the first lin",
        ),
        "a header of one long word": (
            "x" * 3_000_000,
            "its first line must name the columns emotion,pix",
        ),
        "another separator in rows": (
            HEADER + SOUND.replace(",", ";"),
            "fer2013.csv:2: 1 field where the first line name",
        ),
        "encodings mixed": (
            HEADER.encode() + "3,é,Ü\n".encode("cp1252") + "ü\n".encode(),
            "fer2013.csv:2: Usage is '\\\\xdc'; expected one of",
        ),
        "UTF-32": (
            (HEADER + SOUND).encode("utf-32"),
            "fer2013.csv:1: holds zero bytes",
        ),
        "UTF-16 cut in a letter": (
            (HEADER + SOUND).encode("utf-16")[:-1],
            "fer2013.csv:2: Usage is 'Training\\\\x0a'; expecte",
        ),
        "HTML": (
            "<html><body>404</body></html>",
            "its first line must name the columns emotion,pix",
        ),
        "JSON": ('{"emotion": [3]}', "its first line must name the columns emotion,pix"),
        "no pixels": (
            "emotion,Usage\n3,Training\n",
            "its first line must name the columns emotion,pix",
        ),
        "no emotion": (
            f"pixels,Usage\n{PIXELS},Training\n",
            "its first line must name the columns emotion,pix",
        ),
        "2,303 pixels": (
            HEADER + f"3,{PIXELS[:-2]},Training\n",
            "fer2013.csv:2: 2,303 pixel values; expected 2,30",
        ),
        "2,305 pixels": (
            HEADER + f"3,{PIXELS} 9,Training\n",
            "fer2013.csv:2: 2,305 pixel values; expected 2,30",
        ),
        "a pixel of 256": (
            HEADER + f"3,{PIXELS[:-1]}256,Training\n",
            "fer2013.csv:2: pixel values must lie in 0 to 255",
        ),
        "a pixel of -1": (
            HEADER + f"3,{PIXELS[:-1]}-1,Training\n",
            "fer2013.csv:2: pixel values must lie in 0 to 255",
        ),
        "a pixel of nan": (
            HEADER + f"3,{PIXELS[:-1]}nan,Training\n",
            "fer2013.csv:2: pixels are not whole numbers (fir",
        ),
        "a pixel of 1e2": (
            HEADER + f"3,{PIXELS[:-1]}1e2,Training\n",
            "fer2013.csv:2: pixels are not whole numbers (fir",
        ),
        "a pixel of 5000 digits": (
            HEADER + f"3,{PIXELS[:-1]}{MANY},Training\n",
            "fer2013.csv:2: pixel values must lie in 0 to 255",
        ),
        "a pixel in another script": (
            HEADER + f"3,{PIXELS[:-1]}٣,Training\n",
            "fer2013.csv:2: pixels are not whole numbers (fir",
        ),
        "a pixel of 0x9": (
            HEADER + f"3,{PIXELS[:-1]}0x9,Training\n",
            "fer2013.csv:2: pixels are not whole numbers (fir",
        ),
        "emotion 7": (
            HEADER + f"7,{PIXELS},Training\n",
            "fer2013.csv:2: emotion is '7'; expected 0 to 6, ",
        ),
        "emotion -1": (
            HEADER + f"-1,{PIXELS},Training\n",
            "fer2013.csv:2: emotion is '-1'; expected 0 to 6,",
        ),
        "emotion of 5000 digits": (
            HEADER + f"{MANY},{PIXELS},Training\n",
            "fer2013.csv:2: emotion is '",
        ),
        "emotion 3.5": (
            HEADER + f"3.5,{PIXELS},Training\n",
            "fer2013.csv:2: emotion is '3.5'; expected 0 to 6",
        ),
        "emotion in another script": (
            HEADER + f"٣,{PIXELS},Training\n",
            "fer2013.csv:2: emotion is '٣'; expected 0 to 6, ",
        ),
        "emotion superscript": (
            HEADER + f"³,{PIXELS},Training\n",
            "fer2013.csv:2: emotion is '³'; expected 0 to 6, ",
        ),
        "emotion misspelt": (
            HEADER + f"hapy,{PIXELS},Training\n",
            "fer2013.csv:2: emotion is 'hapy'; expected 0 to ",
        ),
        "emotion that steers": (
            HEADER + f"\x1b[2J,{PIXELS},Training\n",
            "fer2013.csv:2: emotion is '\\x1b[2J'; expected 0 ",
        ),
        "Usage misspelt": (
            HEADER + f"3,{PIXELS},Trainning\n",
            "fer2013.csv:2: Usage is 'Trainning'; expected on",
        ),
        "Usage empty": (
            HEADER + SOUND + f"3,{PIXELS},\n",
            "fer2013.csv:3: Usage is missing; expected one of",
        ),
        "a formula": (
            HEADER + f"=1+2,{PIXELS},Training\n",
            "fer2013.csv:2: emotion is '=1+2'; expected 0 to ",
        ),
    }
)
LABELS: MappingProxyType[str, tuple[str | bytes, str]] = MappingProxyType(
    {
        "no label column": (
            "path,x\n0.png,a\n",
            "no images in class folders; labels.csv has 'path",
        ),
        "no path column": (
            "x,label\n0.png,a\n",
            "no images in class folders; labels.csv has 'x', ",
        ),
        "an image that is not there": (
            "path,label\nabsent.png,a\n0.png,b\n",
            "expected a folder for each of two classes",
        ),
        "an image twice with two labels": (
            "path,label\n0.png,a\n0.png,b\n1.png,a\n",
            "labels.csv:3: 0.png is 'b', but 'a' in labels.cs",
        ),
        "a label missing": (
            "path,label\n0.png,\n1.png,b\n",
            "table of labels: all images are of one class, b;",
        ),
        "one label": (
            "path,label\n0.png,a\n1.png,a\n",
            "table of labels: all images are of one class, a;",
        ),
        "a path out of the folder": (
            "path,label\n../0.png,a\n1.png,b\n",
            "class 'a' has 1 different images to make a split",
        ),
        "an absolute path": (
            "path,label\n/etc/passwd,a\n1.png,b\n",
            "expected a folder for each of two classes",
        ),
        "a split that is none": (
            "path,label,split\n0.png,a,moon\n1.png,b,train\n",
            "labels.csv:2: split is 'moon'; expected train, v",
        ),
        "a row too short": (
            "path,label,split\n0.png\n1.png,b,train\n",
            "labels.csv:2: 1 values; its first line has 3; me",
        ),
        "a row too long": (
            "path,label\n0.png,a,b,c\n1.png,b\n",
            "labels.csv:2: 4 values; its first line has 2; me",
        ),
        "a quote never closed": (
            'path,label\n"0.png,a\n1.png,b\n',
            "labels.csv:3: no readable row (unexpected end of",
        ),
        "header alone": ("path,label\n", "expected a folder for each of two classes"),
        "no encoding": (
            b"path,label\n0.png,\xff\xfe\xfd\n1.png,b\n",
            "labels.csv:2: not UTF-8; save the list as UTF-8",
        ),
        "200,000 columns": (
            "path,label" + ",x" * 200_000 + "\n",
            "expected a folder for each of two classes",
        ),
    }
)


def write(file: Path, content: str | bytes) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())


def images(place: Path) -> None:
    for number in range(4):
        samples.write_image(place / "mine" / f"{number}.png", samples.noise(number, size=(8, 8)))


@pytest.mark.parametrize("case", FER2013)
def test_a_table_of_fer2013_is_refused_by_its_line(case: str, place: Path) -> None:
    content, said = FER2013[case]
    write(place / "fer2013.csv", content)
    line = refused(place, "datasets", "inspect", "fer2013", "--data", "fer2013.csv")
    assert said in line, line


@pytest.mark.parametrize("case", LABELS)
def test_a_table_of_labels_is_refused_by_its_line(case: str, place: Path) -> None:
    content, said = LABELS[case]
    images(place)
    write(place / "mine" / "labels.csv", content)
    line = refused(place, "datasets", "inspect", "image-folder", "--data", "mine")
    assert said in line, line
