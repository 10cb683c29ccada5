"""The demo's web server: a page, its style and script, and one address that answers pictures.

It is the standard library's server, which is enough for one user on one computer and asks for
no dependency. What it is reached by is limited: the loopback address alone; the names under
which a browser knows it, so that no web page can reach it by DNS rebinding; pages of its own
origin; bodies of a size, sent within a time; so many connections, while others wait.
"""

from __future__ import annotations

import io
import json
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from benchmarks.errors import InputError
from benchmarks.machine.templates import TEMPLATES, templates
from benchmarks.use.models import Models
from datasets.records import DataError
from models.registry import ModelError

LOOPBACK = "127.0.0.1"
MOST_BYTES = 20 * 2**20
SECONDS = 30.0
"""Within which a whole request must have come, and a whole answer gone."""
CONNECTIONS, WAITING = 32, 128
"""How many are served at once, and how many more the system keeps waiting."""
MOST_FIELDS = 10
"""Parts of an address' query."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class DemoServer(ThreadingHTTPServer):
    """Serves the demo on the loopback address; raises ``InputError`` where the port is taken."""

    daemon_threads = True
    request_queue_size = WAITING

    def __init__(self, models: Models, port: int) -> None:
        self.models = models
        self.files = _files(models)
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        try:
            super().__init__((LOOPBACK, port), Handler)
        except OSError as error:
            raise InputError(
                f"port {port}: {error.strerror}; give another with --port, or 0 for a free one"
            ) from error

    @property
    def address(self) -> str:
        """The page's address."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a browser on this computer names the server in ``Host``."""
        ending = "" if self.server_port == 80 else f":{self.server_port}"
        return f"{LOOPBACK}{ending}", f"localhost{ending}"

    def server_bind(self) -> None:
        """Bind without looking the computer's name up."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.socket.getsockname()[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own once there are not too many."""
        self._free.acquire()
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection and make room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that has gone away; anything else is a defect."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _WithinTime(io.RawIOBase):
    """What a connection sends, as long as all of it comes before a time: `begin` sets it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.begin()

    def begin(self) -> None:
        """Let the next request have its whole time."""
        self._ends = time.monotonic() + SECONDS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: DemoServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "ferbench", ""

    def setup(self) -> None:
        """Read what is sent with an eye on the clock."""
        super().setup()
        self.rfile.close()
        self._sent = _WithinTime(self.connection)
        self.rfile = io.BufferedReader(self._sent)

    def handle_one_request(self) -> None:
        """Answer one request, if it comes in time."""
        self._sent.begin()
        super().handle_one_request()

    def do_GET(self) -> None:
        """Send one of the few files there are."""
        url = self._asked()
        found = self.server.files.get(url.path) if url else None
        if self._is_foreign():
            self._refuse(HTTPStatus.FORBIDDEN, f"open {self.server.address} on this computer")
        elif found is None:
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing here")
        else:
            self._send(HTTPStatus.OK, *found)

    def do_POST(self) -> None:
        """Answer a picture: ``/answers?variant=NAME&whole=0``, the file as the body."""
        url, query = self._asked(), self._query()
        length = self._only("Content-Length") or ""
        if self._is_foreign():
            self._refuse(HTTPStatus.FORBIDDEN, "only the demo's own page may ask")
        elif url is None or query is None or url.path != "/answers":
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing here")
        elif not (length.isascii() and length.isdecimal()):
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "say how long the picture is")
        elif len(length) > 12 or int(length) > MOST_BYTES:
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the file is too large; the most is {MOST_BYTES // 2**20} MB",
            )
        else:
            self._answer(self.rfile.read(int(length)), query)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request that is understood."""
        del explain
        self.request_version = self.protocol_version
        self._refuse(HTTPStatus(code), message or HTTPStatus(code).phrase)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the terminal shows ferbench's own words."""

    def _answer(self, content: bytes, query: Mapping[str, list[str]]) -> None:
        variant = query.get("variant", [self.server.models.first.variant.name])[0]
        whole = query.get("whole", ["0"])[0] == "1"
        try:
            answer = self.server.models.answer(content, variant, whole=whole)
        except (InputError, DataError) as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        except ModelError as error:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        else:
            self._send(HTTPStatus.OK, "application/json", json.dumps(asdict(answer)).encode())

    def _asked(self) -> SplitResult | None:
        """Return what is asked for here; ``None`` for the address of another server, or of none."""
        try:
            url = urlsplit(self.path)
        except ValueError:
            return None
        return None if url.scheme or url.netloc else url

    def _query(self) -> Mapping[str, list[str]] | None:
        url = self._asked()
        try:
            return parse_qs(url.query, max_num_fields=MOST_FIELDS) if url else None
        except ValueError:
            return None

    def _only(self, header: str) -> str | None:
        """Return a header that was sent once."""
        given = self.headers.get_all(header, [])
        return str(given[0]) if len(given) == 1 else None

    def _is_foreign(self) -> bool:
        """Tell whether another site, or another computer's name for this one, is asking."""
        hosts = self.server.hosts
        ours = {f"http://{host}" for host in hosts}
        return self._only("Host") not in hosts or not ours.issuperset(
            self.headers.get_all("Origin", [])
        )

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        """Say why not; a body that was not read ends the connection."""
        self.close_connection = True
        self._send(status, "application/json", json.dumps({"error": reason}).encode())

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.connection.settimeout(SECONDS)
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


def _files(models: Models) -> dict[str, tuple[str, bytes]]:
    """Return address → (content type, content) of all that can be fetched."""

    def text(name: str) -> bytes:
        return (TEMPLATES / name).read_bytes()

    return {
        "/": ("text/html; charset=utf-8", _page(models).encode()),
        "/demo.js": ("text/javascript; charset=utf-8", text("demo.js")),
        "/base.css": ("text/css; charset=utf-8", text("styles/base.css")),
        "/demo.css": ("text/css; charset=utf-8", text("demo.css")),
    }


def _page(models: Models) -> str:
    manifest = models.first.manifest
    return (
        templates()
        .get_template("demo.html.j2")
        .render(
            title=manifest.title or manifest.name,
            data=manifest.data.name,
            variants=models.names,
            chosen=models.first.variant.name,
            most_bytes=MOST_BYTES,
        )
    )
