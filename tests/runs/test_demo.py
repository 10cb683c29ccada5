"""The demo: what its server refuses, and its page in a real browser with a camera."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.report.browser import BROWSERS, FLAGS
from tests.runs.commands import ferbench
from tests.use.portraits import portrait, save

HOSTILE = "<b>majority</b>"
PROTOCOL = f"""
name = "floors"
title = "Two floors <script>document.title='taken'</script>"
[data]
set = "synthetic-faces"
options = {{ scale = 0.1 }}
[tuning]
trials = 1
rungs = [1]
[fit]
epochs = 1
[[variants]]
architecture = "majority"
name = "{HOSTILE}"
[[variants]]
architecture = "pixel-logistic"
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    (folder / "floors.toml").write_text(PROTOCOL, "utf-8")
    done = ferbench("run", folder / "floors.toml", "--out", folder / "floors")
    assert done.status == 0, done.err
    return folder / "floors"


@pytest.fixture(scope="module")
def address(run: Path) -> Iterator[str]:
    """The page of a demo that runs."""
    command = [sys.executable, "-m", "benchmarks", "demo", f"{run}/pixel-logistic", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith("open "):
            break
    assert said[-1].startswith("open http://127.0.0.1:"), said
    yield said[-1].split()[1]
    process.send_signal(2)
    assert process.wait(timeout=20) == 0


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("pictures") / "portrait.png", portrait())


@dataclass(frozen=True)
class Reply:
    """What the server answered."""

    status: int
    content: Any
    headers: dict[str, str]


def ask(
    address: str, method: str, path: str, body: bytes | None = None, **headers: str | None
) -> Reply:
    """Send a request with exactly these headers beside the usual ones; ``None`` leaves one out."""
    place = urlsplit(address)
    usual = {"Host": place.netloc, "Content-Length": None if body is None else str(len(body))}
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    connection.putrequest(method, path, skip_host=True)
    for name, value in {**usual, **{k.replace("_", "-"): v for k, v in headers.items()}}.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    content = response.read()
    is_json = response.headers.get_content_type() == "application/json"
    return Reply(
        response.status, json.loads(content) if is_json else content, dict(response.headers)
    )


def test_it_answers_what_predict_answers(run: Path, address: str, picture: Path) -> None:
    reply = ask(address, "POST", "/answers?variant=pixel-logistic", picture.read_bytes())
    assert reply.status == 200
    done = ferbench("predict", f"{run}/pixel-logistic", picture, "--format", "jsonl")
    expected = json.loads(done.out)
    del expected["path"]
    assert reply.content == {"width": 512, "height": 512, "faces": [expected]}


def test_it_takes_pictures_whole_where_it_is_asked_to(address: str, picture: Path) -> None:
    path = "/answers?variant=pixel-logistic&whole=1"
    (face,) = ask(address, "POST", path, picture.read_bytes()).content["faces"]
    assert face["face"] is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Host": None}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_other_sites_and_rebound_names_are_refused(
    address: str, picture: Path, headers: dict[str, str | None], status: int
) -> None:
    assert ask(address, "GET", "/", **headers).status == status
    assert ask(address, "POST", "/answers", picture.read_bytes(), **headers).status == status


def test_its_own_page_may_ask_under_either_name(address: str, picture: Path) -> None:
    port = urlsplit(address).port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
        headers = {"Host": host, "Origin": f"http://{host}"}
        assert ask(address, "POST", "/answers", picture.read_bytes(), **headers).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/%2e%2e/pyproject.toml",
        "//etc/passwd",
        "/leaderboard.html",
        "/answers",
    ],
)
def test_nothing_but_the_page_can_be_fetched(address: str, path: str) -> None:
    assert ask(address, "GET", path).status == 404


def bomb() -> bytes:
    """Return the beginning of a PNG that says it has 3,600 megapixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk


@pytest.mark.parametrize(
    ("body", "headers", "status", "message"),
    [
        (b"", {}, 400, "not a readable image"),
        (b"no picture", {}, 400, "not a readable image"),
        (None, {}, 411, "how long"),
        (None, {"Content_Length": "-1"}, 411, "how long"),
        (None, {"Content_Length": str(20 * 2**20 + 1)}, 413, "the most is 20 MB"),
        (None, {"Content_Length": "9" * 5000}, 413, "the most is 20 MB"),
        (bomb(), {}, 400, ""),
    ],
)
def test_bad_pictures_are_refused_with_a_reason(
    address: str, body: bytes | None, headers: dict[str, str], status: int, message: str
) -> None:
    reply = ask(address, "POST", "/answers", body, **headers)
    assert reply.status == status
    assert message in reply.content["error"]


def test_large_pictures_are_refused_before_they_are_decoded(address: str, tmp_path: Path) -> None:
    import numpy as np

    picture = save(tmp_path / "large.png", np.zeros((8000, 8000), np.uint8))
    reply = ask(address, "POST", "/answers", picture.read_bytes())
    assert reply.status == 400
    assert "the most is 50 megapixels" in reply.content["error"]


def test_an_unknown_variant_is_refused(address: str, picture: Path) -> None:
    reply = ask(address, "POST", "/answers?variant=../x", picture.read_bytes())
    assert (reply.status, reply.content["error"][:10]) == (400, "no variant")


def test_a_taken_port_is_told_in_one_line(run: Path, address: str) -> None:
    port = urlsplit(address).port
    done = ferbench("demo", f"{run}/pixel-logistic", "--port", port)
    assert done.status == 2
    assert f"port {port}: " in done.err
    assert "--port" in done.err


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium whose camera shows the portrait."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and os.environ.get("FERBENCH_REQUIRE_BROWSER") != "1":
        pytest.skip("no Chromium on this machine; install chromium to run the browser tests")
    film = tmp_path_factory.mktemp("camera") / "portrait.mjpeg"
    frame = save(film.with_suffix(".jpg"), portrait()).read_bytes()
    film.write_bytes(10 * frame)
    camera = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*FLAGS, *camera])
        yield browser
        browser.close()


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open the page; at the end it must have asked nobody else, and complained of nothing."""
    asked: list[str] = []
    complaints: list[str] = []
    size = {"width": request.param, "height": 900}
    with browser.new_context(viewport=size, permissions=["camera"]) as context:
        page = context.new_page()
        page.on("request", lambda sent: asked.append(sent.url))
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        yield page
    assert all(url.startswith((address, "data:")) for url in asked)
    assert [text for text in complaints if "400 (Bad Request)" not in text] == []


def test_a_picture_shows_its_face_and_every_probability(page: Page, picture: Path) -> None:
    page.locator("#file").set_input_files(picture)
    expect(page.locator("#faces h2")).to_have_text([f"Face 1: {best(page)}"])
    meters = page.locator("#faces meter")
    expect(meters).to_have_count(7)
    shares = meters.evaluate_all("(all) => all.map((each) => each.value)")
    assert sum(shares) == pytest.approx(1)
    assert page.locator("#picture").evaluate("(canvas) => canvas.width") == 512
    corner = "(c) => [...c.getContext('2d').getImageData(174, 100, 1, 1).data].slice(0, 3)"
    assert page.locator("#picture").evaluate(corner) == [255, 176, 0]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def best(page: Page) -> str:
    """Return what the row in bold says, as the heading puts it."""
    row = page.locator("#faces tr.best")
    expect(row).to_have_count(1)
    return f"{row.locator('th').text_content()} {row.locator('td').last.text_content()}"


def test_another_model_of_the_run_can_be_chosen(page: Page, picture: Path) -> None:
    options = page.locator("#variant option").all_text_contents()
    assert options == [HOSTILE, "pixel-logistic"]
    assert page.locator("#variant").input_value() == "pixel-logistic"
    page.locator("#file").set_input_files(picture)
    heading = page.locator("#faces h2")
    expect(heading).to_have_count(1)
    before = heading.text_content()
    page.locator("#variant").select_option(HOSTILE)
    expect(heading).not_to_have_text(before or "")
    page.locator("#whole").check()
    expect(page.locator("#status")).to_contain_text("One face")


def test_the_browsers_camera_is_followed_until_it_is_stopped(page: Page) -> None:
    button = page.locator("#camera")
    with page.expect_response("**/answers*"), page.expect_response("**/answers*"):
        button.click()
    expect(page.locator("#faces h2")).to_contain_text("Face 1: ")
    expect(button).to_have_text("Stop the camera")
    button.click()
    expect(button).to_have_text("Start the camera")
    expect(page.locator("#status")).to_have_text("The camera is off.")


def test_what_is_no_picture_is_told(page: Page, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    page.locator("#file").set_input_files(tmp_path / "text.png")
    expect(page.locator("#status")).to_have_class("wrong")
    expect(page.locator("#faces h2")).to_have_count(0)


def test_hostile_names_are_text(page: Page) -> None:
    assert page.title().startswith("Two floors <script>")
    assert page.locator("script").count() == 1
    assert page.locator("#variant b").count() == 0
