"""Forbids a process the network and adds each attempt to the file that FERBENCH_ATTEMPTS names."""

from __future__ import annotations

import os
import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname")
REVERSE = ("socket.gethostbyaddr", "socket.getnameinfo")
SENDINGS = ("socket.connect", "socket.sendto", "socket.sendmsg")


def stays_here(host: object) -> bool:
    try:
        return ip_address(str(host)).is_loopback
    except ValueError:
        return host in (None, "", "localhost")


def is_attempt(event: str, arguments: tuple[Any, ...]) -> bool:
    if event in REVERSE:  # a name server is asked wherever the hosts file does not know
        return True
    if event in LOOKUPS:
        return not stays_here(arguments[0])
    if event not in SENDINGS or arguments[0].family == socket.AF_UNIX:
        return False
    address = arguments[-1]  # none where the socket is connected, which was seen
    return isinstance(address, tuple) and not stays_here(address[0])


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith("socket.") and is_attempt(event, arguments):
        with Path(os.environ["FERBENCH_ATTEMPTS"]).open("a", encoding="utf-8") as file:
            file.write(f"{event} {arguments!r} in {sys.orig_argv}\n")
        raise OSError(f"the network is forbidden here: {event}")


sys.addaudithook(watch)
