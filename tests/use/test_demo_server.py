"""The demo's server at the other end of a socket, whatever is sent to it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.use import demo_server
from benchmarks.use.demo_server import DemoServer
from benchmarks.use.models import PictureAnswer
from datasets.records import DataError


class Models:
    """Answers every picture, and keeps what it was asked."""

    names = ("plain", "other")
    first = SimpleNamespace(
        variant=SimpleNamespace(name="plain"),
        manifest=SimpleNamespace(title="A run", name="run", data=SimpleNamespace(name="faces")),
    )

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, str, bool]] = []

    def answer(self, content: bytes, variant: str, *, whole: bool) -> PictureAnswer:
        self.asked.append((content, variant, whole))
        if not content:
            raise DataError("this file: no picture")
        return PictureAnswer(1, 1, [])


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(Models(), 0) as server:  # type: ignore[arg-type]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_server, "SECONDS", 0.4)


@pytest.fixture(autouse=True)
def no_traceback(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    assert "Traceback" not in capfd.readouterr().err


def connected(server: DemoServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.server_port), timeout=20)


def answered(server: DemoServer, sent: bytes) -> bytes:
    """Send bytes, then nothing more; return all that comes back."""
    with connected(server) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def request(server: DemoServer, line: str, *headers: str, body: bytes = b"") -> bytes:
    host = f"Host: 127.0.0.1:{server.server_port}"
    return "\r\n".join([line, host, *headers, "", ""]).encode("latin-1") + body


def status(reply: bytes) -> int:
    return int(reply.split(b" ", 2)[1])


def test_a_page_and_an_answer_are_given(server: DemoServer) -> None:
    assert status(answered(server, request(server, "GET / HTTP/1.1"))) == 200
    asked = request(
        server, "POST /answers?variant=other&whole=1 HTTP/1.1", "Content-Length: 3", body=b"abc"
    )
    reply = answered(server, asked)
    assert status(reply) == 200
    assert server.models.asked[-1] == (b"abc", "other", True)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "target",
    [
        "http://[::1",
        "//[",
        "http://[v1.x]]/",
        "http://evil.example/",
        "https://127.0.0.1/",
        "//127.0.0.1/",
        "file:///etc/passwd",
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/./",
        "/demo.js%00.html",
        "/demo.js/",
        "*",
        "?",
        "\x7f",
        "\xff\xfe",
        "/" + "a" * 60_000,
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_target_that_is_none_of_its_own_is_not_found(
    server: DemoServer, method: str, target: str
) -> None:
    reply = answered(server, request(server, f"{method} {target} HTTP/1.1", "Content-Length: 0"))
    assert status(reply) == 404
    assert b"root:" not in reply


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("HEAD / HTTP/1.1", 501),
        ("OPTIONS * HTTP/1.1", 501),
        ("CONNECT evil.example:443 HTTP/1.1", 501),
        ("__class__ / HTTP/1.1", 501),
        ("GET / HTTP/9.9", 505),
        ("GET / HTTP/1.1.1", 400),
        ("GET / FTP/1.1", 400),
        ("GET / HTTP/" + "9" * 5000, 400),
        ("GET / more words HTTP/1.1", 400),
        ("GET /" + "a" * 70_000 + " HTTP/1.1", 414),
        ("\x16\x03\x01 \x02\x00", 400),
    ],
)
def test_what_is_no_request_is_refused_under_the_pages_policy(
    server: DemoServer, line: str, expected: int
) -> None:
    reply = answered(server, request(server, line))
    assert status(reply) == expected
    head, _, body = reply.partition(b"\r\n\r\n")
    assert b"Content-Security-Policy: default-src 'none'" in head
    assert json.loads(body)["error"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (("Host: evil.example",), 403),
        (("Origin: null",), 403),
        (("Origin: http://127.0.0.1",), 403),
        (("Origin: http://127.0.0.1:{port}", "Origin: http://evil.example"), 403),
        (("Origin: http://127.0.0.1:{port}.evil.example",), 403),
        (("Origin: https://127.0.0.1:{port}",), 403),
        (("Origin: http://127.0.0.1:{port}", "Content-Length: 1"), 200),
        (("Content-Length: 1", "Content-Length: 2"), 411),
        (("Content-Length: 1, 2",), 411),
        (("Content-Length: +1",), 411),
        (("Content-Length: ²",), 411),
        (("Transfer-Encoding: chunked",), 411),
        (("Content-Length: 99999999999999999999",), 413),
        (tuple(f"X-{n}: 1" for n in range(200)), 431),
        (("X: " + "a" * 70_000,), 431),
    ],
)
def test_headers_decide_who_is_answered(
    server: DemoServer, headers: tuple[str, ...], expected: int
) -> None:
    named = [header.replace("{port}", str(server.server_port)) for header in headers]
    reply = answered(server, request(server, "POST /answers HTTP/1.1", *named, body=b"a"))
    assert status(reply) == expected


def test_a_query_of_many_parts_is_refused(server: DemoServer) -> None:
    line = f"POST /answers?{'a=1&' * 5000} HTTP/1.1"
    assert status(answered(server, request(server, line, "Content-Length: 0"))) == 404


def test_what_follows_a_refusal_is_not_taken_for_a_request(server: DemoServer) -> None:
    before = len(server.models.asked)  # type: ignore[attr-defined]
    hidden = request(server, "POST /answers HTTP/1.1", "Content-Length: 1", body=b"x")
    sent = request(server, "POST /nowhere HTTP/1.1", f"Content-Length: {len(hidden)}", body=hidden)
    assert answered(server, sent).count(b"HTTP/1.1 ") == 1
    assert len(server.models.asked) == before  # type: ignore[attr-defined]


@settings(max_examples=150)
@given(sent=st.binary(max_size=200) | st.text(max_size=80).map(lambda t: f"GET {t} ".encode()))
def test_no_bytes_are_answered_with_anything_but_its_own_files(
    server: DemoServer, sent: bytes
) -> None:
    reply = answered(server, sent + b"\r\n\r\n")
    assert not reply or reply.startswith(b"HTTP/1.") or b'{"error"' in reply
    assert b"root:" not in reply


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: ",
        b"POST /answers HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000000\r\n\r\n",
    ],
)
def test_who_sends_a_byte_now_and_then_is_not_waited_for(
    server: DemoServer, hurried: None, begun: bytes
) -> None:
    """Each byte comes in time; the whole request does not."""
    host = f"127.0.0.1:{server.server_port}".encode()
    with connected(server) as connection:
        connection.settimeout(0.05)
        sent = begun.replace(b"{host}", host)
        for _ in range(400):
            try:
                connection.sendall(sent)
                if connection.recv(1) == b"":
                    break
            except TimeoutError:
                sent = b"a"
            except ConnectionError:
                break
        else:
            pytest.fail("it is still waited for")


def test_who_does_not_read_is_not_waited_for(server: DemoServer, hurried: None) -> None:
    with connected(server) as idle:
        idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        idle.sendall(request(server, "GET / HTTP/1.1") * 500)
        assert status(answered(server, request(server, "GET / HTTP/1.1"))) == 200


def test_more_connections_than_are_served_at_once_wait_and_are_answered(
    server: DemoServer,
) -> None:
    most = 0
    with ExitStack() as stack:
        many = [stack.enter_context(connected(server)) for _ in range(3 * demo_server.CONNECTIONS)]
        for connection in many:
            connection.sendall(request(server, "GET / HTTP/1.1", "Connection: close"))
            most = max(most, serving())
        for connection in many:
            assert connection.recv(12) == b"HTTP/1.1 200"
    assert most <= demo_server.CONNECTIONS


def serving() -> int:
    return sum("process_request" in thread.name for thread in threading.enumerate())


def test_idle_connections_make_room_for_others(server: DemoServer, hurried: None) -> None:
    with ExitStack() as stack:
        for _ in range(demo_server.CONNECTIONS):
            stack.enter_context(connected(server))
        assert status(answered(server, request(server, "GET / HTTP/1.1"))) == 200


def test_answers_come_to_many_at_once(server: DemoServer) -> None:
    asked = request(server, "POST /answers HTTP/1.1", "Content-Length: 1", body=b"x")
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append(status(answered(server, asked))))
        for _ in range(100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 100
