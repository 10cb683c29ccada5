"""The page's policy allows its own style and script and nothing else, in a file too."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from benchmarks.machine.templates import TEMPLATES
from benchmarks.report.policy import source, with_styles

POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')
LAX = re.compile(r"unsafe-(?!hashes)|https?:|\*|blob:|filesystem:")


class Parts(HTMLParser):
    """The style, script and names of attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.styles: set[str] = set()
        self.scripts: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self.attributes |= held.keys()
        if "style" in held:
            self.styles.add(held["style"])
        self.links |= {held[name] for name in ("src", "href", "action") if name in held}
        self._in = "" if held.get("type") == "application/json" else tag

    def handle_data(self, data: str) -> None:
        if self._in == "style":
            self.styles.add(data)
        if self._in == "script":
            self.scripts.add(data)

    def handle_endtag(self, tag: str) -> None:
        self._in = ""


def directives(text: str) -> dict[str, set[str]]:
    (policy,) = POLICY.findall(text)
    assert not LAX.search(policy)
    parts = (html.unescape(part).split() for part in policy.split(";"))
    return {name: set(sources) for name, *sources in parts}


def test_the_policy_names_the_pages_style_and_script_and_no_other(folder: Path) -> None:
    text = (folder / "leaderboard.html").read_text("utf-8")
    parts, allowed = Parts(text), directives(text)
    assert allowed.pop("style-src") == {"'unsafe-hashes'", *map(source, parts.styles)}
    assert allowed.pop("script-src") == set(map(source, parts.scripts))
    assert allowed.pop("img-src") == {"data:"}
    assert set(allowed) == {"default-src", "base-uri", "form-action"}
    assert all(sources == {"'none'"} for sources in allowed.values())


def test_nothing_on_the_page_calls_a_script_or_leads_to_one(folder: Path) -> None:
    parts = Parts((folder / "leaderboard.html").read_text("utf-8"))
    assert not [name for name in parts.attributes if name.startswith("on") or name == "srcdoc"]
    assert all(re.match(r"#|https://|data:image/", link) for link in parts.links)


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.j2")), ids=lambda path: path.name)
def test_no_template_holds_a_script_or_calls_one(template: Path) -> None:
    text = template.read_text("utf-8")
    assert not re.search(r"""\son[a-z]+\s*=\s*["']|javascript:|<iframe|<object|<embed""", text)


def test_style_is_allowed_once_by_what_it_is() -> None:
    twice = 2 * '<p style="left:&#34;">'
    given = with_styles(
        f"<meta content=\"style-src 'none'; x\"><style>a{{}}</style>{twice}style-src 'none'"
    )
    allowed = f"style-src 'unsafe-hashes' {source('a{}')} {source('left:' + chr(34))};"
    assert allowed in given
    assert given.endswith("style-src 'none'")


def test_the_browser_applies_the_pages_style_and_no_other(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    text = (folder / "leaderboard.html").read_text("utf-8")
    evil = '<style>h1{color:rgb(1,2,3)}</style><p id="evil" style="color:rgb(1,2,3)">evil</p>'
    changed = tmp_path / "changed.html"
    changed.write_text(text.replace("<main>", f"<main>{evil}"), "utf-8")
    with browser.new_page() as page:
        page.goto(changed.as_uri())
        colour = "(place) => getComputedStyle(document.querySelector(place)).color"
        assert "rgb(1, 2, 3)" not in [page.evaluate(colour, place) for place in ("h1", "#evil")]
        left = "() => getComputedStyle(document.querySelector('.axis span:last-child')).left"
        assert page.evaluate(left) != "0px"
        page.evaluate("document.querySelector('h1').setAttribute('onclick', 'document.title=1')")
        page.locator("h1").click()
        assert page.title() != "1"
