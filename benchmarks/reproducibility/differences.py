"""Where a rendered file is not what the predictions give: the first cell that differs."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from itertools import zip_longest

from benchmarks.report.elements.numbers import shortened

NEAR = 1e-9
"""Numbers closer than this share are equal: processors differ in the last digit of a sum."""
LONGEST = 80
DRAWN = ("svg", "style", "script")
HASH = re.compile(r"'sha256-[A-Za-z0-9+/=]+'")
"""A script's hash, as a page's content security policy names it."""
STYLES = re.compile(r"style-src [^;]*")
"""What such a policy says of style."""
NUMBERS = '<script type="application/json"'
"""How a block begins that holds numbers for the script, and does not run."""
UNSEEN = re.compile(r", data-[a-z-]+$")
"""How the place of an attribute ends that is there for the script."""
Piece = tuple[str, str]


def first_difference_in(name: str, stored: str, computed: str, *, drawings: bool) -> str | None:
    """Name the first cell in which ``stored`` differs from ``computed``, with both contents.

    ``name`` ends in ``.csv``, ``.json`` or ``.html``. In a page, figures are compared only if
    ``drawings``, as another matplotlib draws other lines of the same numbers. Style, script and
    their hashes are those of the version that rendered the page, and are not compared. What
    guards them is the file's digest in ``digests.json``, and that each script of a page with a
    policy has the hash which that policy allows: one that has another is named.
    """
    if stored == computed:
        return None
    try:
        found = _pieces_in(name, stored)
    except ValueError as error:
        return f"cannot be read: {error}"
    for ours, theirs in zip_longest(found, _pieces_in(name, computed)):
        if ours is None:
            return f"ends where there should be {_describe(theirs[0])}"
        if theirs is None:
            return f"goes on with {_describe(ours[0])} where it should end"
        if ours[0] != theirs[0]:
            return f"has {_describe(ours[0])} where there should be {_describe(theirs[0])}"
        if not _equal(ours[1], theirs[1]):
            one, other = _parted(ours[1], theirs[1])
            return f"{ours[0]} is {_describe(one)}; the predictions give {_describe(other)}"
    if name.endswith(".html") and not _scripts_allowed(stored):
        return "a script is not the one that the page's own policy allows"
    if drawings and name.endswith(".html") and _figures(stored) != _figures(computed):
        return "a figure is not what the predictions give"
    return None


def first_printed_difference(stored: str, computed: str) -> str | None:
    """Name the first text in which a page differs from the page ``computed``, as people read it.

    What an attribute holds for the script, digits that no text shows, is not compared.
    """
    for ours, theirs in zip_longest(*map(_printed, (stored, computed)), fillvalue=("its end", "")):
        if ours != theirs:
            one, other = _parted(ours[1], theirs[1])
            return f"{theirs[0]} is {_describe(other)} in the run, and {_describe(one)} here"
    return None


def _printed(page: str) -> Iterator[Piece]:
    return (piece for piece in _page_pieces(page) if not UNSEEN.search(piece[0]))


def pieces_in(name: str, text: str) -> int:
    """Return how many texts, numbers and attributes the rendered file ``name`` has.

    0 where it cannot be read.
    """
    try:
        return len(_pieces_in(name, text))
    except ValueError:
        return 0


def _pieces_in(name: str, text: str) -> list[Piece]:
    """Take a rendered file apart; raises ``ValueError`` where it cannot be read."""
    pieces = KINDS[name.split(".")[-1]]
    try:
        return list(pieces(text))
    except Exception as error:  # there is no telling what a damaged file does to its parser
        raise ValueError(str(error)) from error


def _csv_pieces(text: str) -> Iterator[Piece]:
    rows = csv.DictReader(io.StringIO(text, newline=""), restkey="further columns", strict=True)
    for row in rows:
        for column, value in row.items():
            yield f"{row.get('variant')}, {column}", str(value)


def _json_pieces(text: str) -> Iterator[Piece]:
    for row in json.loads(text):
        for column, value in row.items():
            yield f"{row.get('variant')}, {column}", json.dumps(value, ensure_ascii=False)


def _page_pieces(text: str) -> Iterator[Piece]:
    page = _Page()
    page.feed(text)
    page.close()
    yield from page.pieces


class _Page(HTMLParser):
    """Takes a page apart: each text and attribute, with its place for people."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._open: list[str] = []
        self._heading = self._caption = self._row = ""
        self._columns: list[str] = []
        self._column = -1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        if tag == "table":
            self._caption, self._columns, self._row = "", [], ""
        if tag == "tr":
            self._row, self._column = "", -1
        if tag in ("td", "th"):
            self._column += 1
            if self._in("thead"):
                self._columns.append("")
        if not self._in(*DRAWN):
            self.pieces += [
                (f"{self._place()}, {name}", _of_no_version(tag, value or ""))
                for name, value in attrs
            ]
        if tag in ("meta", "br", "wbr", "link", "img", "input", "hr"):
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if not text or self._in(*DRAWN):
            return
        if self._in("h1", "h2", "h3", "summary"):
            self._heading, self._caption = text, ""
        elif self._in("caption"):
            self._caption = text
        elif self._in("thead"):
            beside = self._columns[-1] and self._open[-1] in ("button", "span")
            self._columns[-1] += "" if beside else text
        elif self._in("tbody") and self._column == 0 and not self._in("small"):
            self._row += text
        self.pieces.append((self._place(), text))

    def _in(self, *tags: str) -> bool:
        return any(tag in self._open for tag in tags)

    def _place(self) -> str:
        if not self._in("table"):
            return f"the text under “{self._heading}”"
        known = self._in("tbody") and 0 <= self._column < len(self._columns)
        column = self._columns[self._column] if known else ""
        where = [self._caption or self._heading, self._row, column]
        return ", ".join(part for part in where if part)


KINDS: Mapping[str, Callable[[str], Iterator[Piece]]]
KINDS = {"csv": _csv_pieces, "json": _json_pieces, "html": _page_pieces}


def _of_no_version(tag: str, value: str) -> str:
    """Return an attribute without what a policy says of the style and script of one version."""
    return STYLES.sub("style-src", HASH.sub("'sha256'", value)) if tag == "meta" else value


def _equal(one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=NEAR)
    except ValueError:
        return False


def _figures(page: str) -> list[str]:
    """Return the figures, and the numbers that the script draws figures of."""
    return re.findall(rf"<svg\b.*?</svg>|{NUMBERS}.*?</script>", page, re.DOTALL)


def _scripts_allowed(page: str) -> bool:
    """Tell whether every script has a hash that the page's policy, where it has one, allows."""
    allowed = set(HASH.findall(page.partition("</head>")[0]))
    scripts = re.findall(rf"(?!{NUMBERS})<script\b[^>]*>(.*?)</script>", page, re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    hashes = {f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests}
    return not allowed or hashes <= allowed


def _parted(one: str, other: str) -> tuple[str, str]:
    """Leave out most of what two long texts share at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    shared = next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
    start = max(0, shared - 20) if max(len(one), len(other)) > LONGEST else 0
    return ("…" if start else "") + one[start:], ("…" if start else "") + other[start:]


def _describe(content: str) -> str:
    return repr(shortened(content, LONGEST))
