"""Draws published data sets as they are given out, each with its own list or names."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from random import Random

import numpy as np

from tests.fuzz.plan import Brush, Known, Plan

TRAIN, TEST = 16, 4
"""Images of a class in training, where a split is made of it, and in other splits."""
LINE_ENDS = ("\n", "\n", "\r\n", "\r")
GIVEN = ((), ("train", "test"), ("train", "test", "validation"))


def text(rng: Random, lines: Iterable[str]) -> bytes:
    """Return a list as bytes, in one of the ways in which editors write it."""
    end = rng.choice(LINE_ENDS)
    content = end.join(lines) + rng.choice(("", end, end + end))
    return content.encode(rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16")))


def counts(splits: Sequence[str]) -> dict[str, int]:
    """Return how many images a class has in each of ``splits``, or in none."""
    return {name: TRAIN if name in ("", "train") else TEST for name in splits or ("",)}


def raf_db(rng: Random, plan: Plan) -> None:
    words = ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral")
    codes, brush, rows = rng.sample(range(7), 3), Brush(rng), list[str]()
    aligned, whole = rng.choice(((True, False), (True, True), (False, True)))
    plan.splits = ("train", "test")
    for split, count in counts(plan.splits).items():
        for number, code in enumerate(codes * count, start=1):
            stem = f"{split}_{number:05}" if split == "train" else f"{split}_{number:04}"
            rows.append(f"{stem}.jpg {code + 1}")
            lacking = aligned and whole and rng.random() < 0.05
            if aligned and not lacking:
                name = f"basic/Image/aligned/{stem}_aligned.jpg"
                plan.add(name, brush.picture(".jpg"), words[code], split)
            if whole:
                name = f"basic/Image/original/{stem}.jpg"
                drawn = brush.picture(".jpg")
                if lacking or not aligned:
                    plan.add(name, drawn, words[code], split)
                else:
                    plan.leave(name, drawn)
    if rng.random() < 0.3:
        rows.append("train_09999.jpg 4")
    if rng.random() < 0.3:
        plan.leave("basic/Image/aligned/train_08888_aligned.jpg", brush.picture(".jpg"))
    if rng.random() < 0.1:
        rows.insert(5, "train_00001.jpg 9")
        plan.refused = "label.txt:6"
    listed = rng.choice(("list_patition_label.txt", "list_partition_label.txt"))
    plan.files[f"basic/EmoLabel/{listed}"] = text(rng, rows)


def exp_w(rng: Random, plan: Plan) -> None:
    words = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    codes, brush, rows = rng.sample(range(7), 3), Brush(rng, side=14), list[str]()
    for number in range(TRAIN * 3):
        name, drawn = f"{words[codes[0]]}_actor_{number}.jpg", brush.picture(".jpg")
        place = f"image/origin/{name}"
        plan.files[place] = drawn.content
        for face in range(rng.choice((1, 1, 2))):
            code = codes[(number + face) % 3]
            top, left = rng.randint(0, 4), rng.randint(0, 4)
            pixels = (
                None if drawn.pixels is None else drawn.pixels[top : top + 10, left : left + 10]
            )
            plan.samples[f"{place}#{face}"] = Known(words[code], pixels=pixels)
            rows.append(f"{name} {face} {top} {left} {left + 10} {top + 10} 9{face}.5 {code}")
        if rng.random() < 0.03:
            plan.told.add(f"{place}#7")
            rows.append(f"{name} 7 90 90 99 99 1.5 {codes[0]}")
    if rng.random() < 0.3:
        plan.leave("image/origin/not_listed.jpg", brush.picture(".jpg"))
    if rng.random() < 0.3:
        rows.append("not_there.jpg 0 1 1 9 9 40.0 3")
    if rng.random() < 0.1:
        rows.insert(
            3, rng.choice(("a.jpg 0 1 1 9 9 40.0 8", "a.jpg 0 1 1 9", "a.jpg 0 9 9 1 1 4 1"))
        )
        plan.refused = "label.lst:4"
    plan.files["label/label.lst"] = text(rng, rows)


AFFECTNET = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt")


def affectnet(rng: Random, plan: Plan) -> None:
    head = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,"
    head += rng.choice(("expression,valence,arousal", "Expression, Valence, Arousal"))
    codes, brush = rng.sample(range(8), 3), Brush(rng)
    folder = rng.choice(("", "Manually_Annotated/")) + "Manually_Annotated_Images"
    lists = rng.choice(("", "Manually_Annotated_file_lists/"))
    plan.splits = ("train", "validation")
    for split, count in counts(plan.splits).items():
        headed, rows = split == "train" or rng.random() < 0.5, list[str]()
        for code in [*codes * count, *rng.choices((8, 9, 10), k=rng.randint(0, 3))]:
            name = f"{rng.randint(1, 3)}/{rng.randrange(16**20):020x}.jpg"
            rows.append(f'{name},0,0,10,10,"1.0;2.0;3.0",{code},0.1,-0.2')
            if code < 8:
                plan.add(f"{folder}/{name}", brush.picture(".jpg"), AFFECTNET[code], split)
            else:
                plan.leave(f"{folder}/{name}", brush.picture(".jpg"))
        rng.shuffle(rows)
        if rng.random() < 0.2:
            rows.append("3/not_here.jpg,0,0,10,10,1.0;2.0,0,0,0")
        if rng.random() < 0.2:
            plan.leave(f"{folder}/9/{split}.jpg", brush.picture(".jpg"))
        if split == "train" and rng.random() < 0.1:
            rows.insert(2, f"{folder}/1/a.jpg,0,0,10,10,1.0;2.0,11,0,0")
            plan.refused = "training.csv:4"
        name = {"train": "training", "validation": "validation"}[split]
        plan.files[f"{lists}{name}.csv"] = text(rng, [head, *rows] if headed else rows)


def affectnet_arrays(rng: Random, plan: Plan) -> None:
    codes, brush = rng.sample(range(8), 3), Brush(rng)
    folders = rng.choice((("train_set", "val_set"), ("train", "val"), ("Training", "Validation")))
    plan.splits = ("train", "validation")
    for (split, count), folder in zip(counts(plan.splits).items(), folders, strict=True):
        for number, code in enumerate(codes * count):
            place = f"{folder}/images/{number}.jpg"
            plan.add(place, brush.picture(".jpg"), AFFECTNET[code], split)
            beside = f"{folder}/annotations/{number}"
            plan.files[f"{beside}_exp.npy"] = _array(rng.choice((str(code), code)))
            if rng.random() < 0.3:
                plan.files[f"{beside}_val.npy"] = _array("0.25")
        if rng.random() < 0.3:
            plan.leave(f"{folder}/images/9999.jpg", brush.picture(".jpg"))
        if rng.random() < 0.3:
            plan.files[f"{folder}/annotations/8888_exp.npy"] = _array("1")
    if rng.random() < 0.1:
        plan.files[f"{folders[0]}/annotations/5_exp.npy"] = rng.choice((_array("8"), b"", b"7"))
        plan.refused = "5_exp.npy"


def _array(value: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array(value))
    return file.getvalue()


def fer_plus(rng: Random, plan: Plan) -> None:
    words = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt")
    codes, brush = rng.sample(range(8), 3), Brush(rng)
    plan.splits = ("train", "validation", "test")
    folders = {"train": "FER2013Train", "validation": "FER2013Valid", "test": "FER2013Test"}
    for split, count in counts(plan.splits).items():
        rows = []
        for code in codes * count:
            brush.number += 1
            name = f"fer{brush.number:07}.png"
            plan.add(f"{folders[split]}/{name}", brush.picture(".png"), words[code], split)
            rows.append(f'{name},"(0, 0, 48, 48)",{_votes(rng, code)}')
        for votes in rng.sample(WITHOUT_MAJORITY, rng.randint(0, 2)):
            brush.number += 1
            name = f"fer{brush.number:07}.png"
            plan.leave(f"{folders[split]}/{name}", brush.picture(".png"))
            rows.append(f'{name},"(0, 0, 48, 48)",{votes}')
        if rng.random() < 0.3:
            plan.leave(f"{folders[split]}/other.png", brush.picture(".png"))
        if rng.random() < 0.3:
            rows.append(',"(0, 0, 48, 48)",0,0,0,0,0,0,0,0,0,10')
        plan.files[f"{folders[split]}/label.csv"] = text(rng, rows)


WITHOUT_MAJORITY = ("0,0,0,0,0,0,0,0,9,1", "0,0,0,0,0,0,0,0,2,8", "3,3,2,2,0,0,0,0,0,0")


def _votes(rng: Random, code: int) -> str:
    votes = [0] * 10
    votes[code] = rng.randint(6, 10)
    votes[(code + rng.randint(1, 7)) % 8] += 10 - votes[code]
    return ",".join(map(str, votes))


def ck_plus(rng: Random, plan: Plan) -> None:
    words = ("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
    codes, brush = rng.sample(range(1, 8), 2), Brush(rng)
    images, labels = "cohn-kanade-images", rng.choice(("Emotion", "Emotion_labels/Emotion"))
    for who in rng.sample(range(5, 140), 6):
        for number, code in enumerate((*codes, None), start=1):
            if code is None and rng.random() < 0.7:
                continue
            place, frames = f"S{who:03}/{number:03}", rng.randint(3, 6)
            for frame in range(1, frames + 1):
                name = f"{images}/{place}/{place.replace('/', '_')}_{frame:08}.png"
                if code is not None and frame > frames - 3:
                    plan.add(name, brush.picture(".png"), words[code], "", f"S{who:03}")
                else:
                    plan.leave(name, brush.picture(".png"))
            stem = f"{labels}/{place}/{place.replace('/', '_')}_{frames:08}_emotion.txt"
            if code is not None:
                plan.files[stem] = f"   {code}.0000000e+00\n".encode()
            elif rng.random() < 0.5:
                plan.folders.add(f"{labels}/{place}")
    if rng.random() < 0.1:
        plan.files[f"{labels}/S999/001/S999_001_00000009_emotion.txt"] = b"   8.0000000e+00"
        plan.refused = "S999_001_00000009_emotion.txt"


CODES = {
    "AF": "fear",
    "AN": "angry",
    "DI": "disgust",
    "HA": "happy",
    "NE": "neutral",
    "SA": "sad",
    "SU": "surprise",
}


def kdef(rng: Random, plan: Plan) -> None:
    codes, views = rng.sample(sorted(CODES), 2), rng.sample(("S", "HL", "HR", "FL", "FR"), 2)
    sessions = rng.choice(("A", "AB"))
    place = rng.choice(("{session}{who}/", "", "KDEF_{session}/"))

    def names(who: str) -> Iterable[tuple[str, str]]:
        for session in sessions:
            for code in codes:
                for view in views:
                    folder = place.format(session=session, who=who)
                    yield f"{folder}{session}{who}{code}{view}", CODES[code]

    people = [f"{rng.choice('FM')}{number:02}" for number in rng.sample(range(1, 36), 8)]
    _by_person(rng, plan, people, names, (".JPG", ".jpg"))
    if rng.random() < 0.3 and not plan.splits:
        plan.leave("AF31V.JPG", Brush(rng).picture(".JPG"))


def jaffe(rng: Random, plan: Plan) -> None:
    codes = rng.sample(sorted((CODES | {"FE": "fear"}).keys() - {"AF"}), 2)
    words = CODES | {"FE": "fear"}

    def names(who: str) -> Iterable[tuple[str, str]]:
        for code in codes:
            for take in (1, 2, 3):
                yield f"{who}.{code}{take}.{rng.randint(1, 219)}", words[code]

    people = rng.sample(("KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM"), 8)
    _by_person(rng, plan, people, names, (".tiff", ".tiff", ".jpg"))


def rafd(rng: Random, plan: Plan) -> None:
    words = rng.sample(("angry", "contemptuous", "disgusted", "fearful", "happy", "surprised"), 2)
    plain = {"contemptuous": "contempt", "disgusted": "disgust", "fearful": "fear"}
    plain["surprised"] = "surprise"

    def names(who: str) -> Iterable[tuple[str, str]]:
        sex = rng.choice(("female", "male", "kid_male"))
        for word in words:
            for gaze in ("frontal", "left", "right"):
                stem = f"Rafd{rng.choice((45, 90, 135)):03}_{who}_Caucasian_{sex}_{word}_{gaze}"
                yield stem, plain.get(word, word)

    people = [f"{number:02}" for number in rng.sample(range(1, 74), 8)]
    _by_person(rng, plan, people, names, (".jpg",))


def _by_person(rng: Random, plan: Plan, people, names, suffixes: Sequence[str]) -> None:
    """Draw the images of ``people``, whose names tell everything; split folders part people."""
    plan.splits, brush, suffix = rng.choice(GIVEN), Brush(rng), rng.choice(suffixes)
    words = dict(zip(("train", "test", "validation"), rng.choice(WORDS), strict=True))
    for number, who in enumerate(people):
        split = ""
        if plan.splits:
            split = (*plan.splits, *("train",) * len(people))[number]
        for stem, word in names(who):
            name = f"{words[split]}/{stem}{suffix}" if split else f"{stem}{suffix}"
            plan.add(name, brush.picture(suffix), word, split, who)


WORDS = (
    ("train", "test", "val"),
    ("Training", "PrivateTest", "PublicTest"),
    ("TRAIN", "TEST", "VALID"),
    ("FER2013Train", "FER2013Test", "FER2013Valid"),
    ("train_set", "test_set", "validation_set"),
    ("training", "testing", "dev"),
    ("Train Images", "Eval Images", "Development Images"),
    ("mine-train", "mine-test", "mine-val"),
)
"""Words for train, test and validation."""
