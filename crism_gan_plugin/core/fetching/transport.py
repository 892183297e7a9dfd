"""One question to a server over HTTP, answered in pieces. QGIS has a way of its own to ask; this is the core's."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, ContextManager, Protocol
from urllib.parse import urlsplit

from ..errors import ParameterError

#: What a server is told of who asks.
USER_AGENT = "CRISM-GAN (QGIS plugin; mineral maps of Mars)"

#: Seconds without a byte after which a connection counts as dead, and bytes that are taken at once.
STALLED_S, PIECE = 30.0, 1 << 18

#: What ends an answer.
Stopped = Callable[[], bool]


class TransportError(Exception):
    """A server could not be reached, or the connection broke off."""


@dataclass(frozen=True)
class Answer:
    """A server's answer.

    Attributes
    ----------
    status
        HTTP's number, 200 if all is well.
    headers
        Its headers, their names in small letters.
    pieces
        Its bytes. They raise `TransportError` when the connection breaks off.
    """

    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]


class Transport(Protocol):
    """A way to ask a server."""

    def get(self, url: str, start: int, stopped: Stopped) -> ContextManager[Answer]:
        """Ask for what is at an address, from byte ``start`` on; ends early when ``stopped``. Raises `TransportError`."""


class UrllibTransport:
    """The way through Python's own library. It knows the proxies that the environment names."""

    def __init__(self, stalled_s: float = STALLED_S) -> None:
        self._stalled_s = stalled_s
        self._opener = urllib.request.build_opener(_WebOnly)

    @contextmanager
    def get(self, url: str, start: int, stopped: Stopped) -> Iterator[Answer]:
        request = urllib.request.Request(check_address(url, "address"), headers=headers_for(start))  # noqa: S310 - just checked
        try:
            response: Any = self._opener.open(request, timeout=self._stalled_s)
        except urllib.error.HTTPError as error:
            response = error  # an answer, too
        except (OSError, HTTPException, ValueError) as error:
            raise TransportError(reason_of(error)) from error
        with closing(response):
            headers = {name.lower(): text for name, text in response.headers.items()}
            yield Answer(response.status, headers, _pieces(response, stopped))


def headers_for(start: int) -> dict[str, str]:
    """The headers of a question. Compressed answers have no bytes to go on from."""
    asked = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    return {**asked, "Range": f"bytes={start}-"} if start else asked


def check_address(url: str, what: str) -> str:
    """``url``, if it leads to a web server; else `ParameterError`, which begins with ``what``."""
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
    except ValueError:
        is_web = False
    if not is_web:
        raise ParameterError(f"{what}: {url!r} is not the address of a server; it begins with https:// or http://")
    return url


def reason_of(error: BaseException) -> str:
    """Why a connection failed, in few words."""
    inner = getattr(error, "reason", error)
    if isinstance(inner, (socket.timeout, TimeoutError)):
        return "no answer in time"
    if isinstance(inner, socket.gaierror):
        return "its name is not known to the network"
    return str(getattr(inner, "strerror", None) or inner or type(error).__name__)


class _WebOnly(urllib.request.HTTPRedirectHandler):
    """Follows a server to other web addresses, and to nothing else (Python's own handler also goes to FTP)."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if urlsplit(newurl).scheme not in ("http", "https"):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _pieces(response: Any, stopped: Stopped) -> Iterator[bytes]:
    while not stopped():
        try:
            piece = response.read1(PIECE) if hasattr(response, "read1") else response.read(PIECE)
        except (OSError, HTTPException, ValueError) as error:
            raise TransportError(reason_of(error)) from error
        if not piece:
            return
        yield piece
