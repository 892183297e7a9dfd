"""The archive asked through QGIS: its proxies, its authentication, and its certificates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qgis.core import QgsNetworkAccessManager
from qgis.PyQt.QtCore import QEventLoop, QTimer, QUrl
from qgis.PyQt.QtNetwork import QNetworkReply, QNetworkRequest

from ..core.fetching.transport import PIECE, Answer, Stopped, TransportError, headers_for

#: Milliseconds between two looks whether to stop.
_TICK_MS = 100

#: Bytes that Qt holds for us before it lets the server wait.
_HELD = 8 * PIECE

_REDIRECTS = QNetworkRequest.Attribute.RedirectPolicyAttribute
_CACHE, _SAVE = QNetworkRequest.Attribute.CacheLoadControlAttribute, QNetworkRequest.Attribute.CacheSaveControlAttribute
_STATUS = QNetworkRequest.Attribute.HttpStatusCodeAttribute


class QgisTransport:
    """A `Transport` by `QgsNetworkAccessManager`. Each thread has a manager of its own."""

    @contextmanager
    def get(self, url: str, start: int, stopped: Stopped) -> Iterator[Answer]:
        waiting = _Waiting()
        reply = QgsNetworkAccessManager.instance().get(_request(url, start))
        reply.setReadBufferSize(_HELD)
        try:
            while not (_is_answered(reply) or reply.isFinished() or stopped()):
                waiting.wait()
            status = reply.attribute(_STATUS)
            if status is None and not stopped():
                raise TransportError(reply.errorString())
            headers = {bytes(name).decode("latin-1").lower(): _text(reply, name) for name in reply.rawHeaderList()}
            yield Answer(int(status or 0), headers, _pieces(reply, waiting, stopped))
        finally:
            reply.abort()
            reply.deleteLater()


class _Waiting:
    """Waits until something happens in this thread, or it is time to look whether to stop."""

    def __init__(self) -> None:
        self._loop = QEventLoop()  # first: it makes timers possible in threads that Qt has not started
        self._timer = QTimer()
        self._timer.start(_TICK_MS)

    def wait(self) -> None:
        self._loop.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def _is_answered(reply: QNetworkReply) -> bool:
    """Whether the headers are there, and do not only lead elsewhere."""
    status = reply.attribute(_STATUS)
    return status is not None and not 300 <= int(status) < 400


def _request(url: str, start: int) -> QNetworkRequest:
    request = QNetworkRequest(QUrl(url))
    for name, text in headers_for(start).items():
        request.setRawHeader(name.encode("latin-1"), text.encode("latin-1"))
    request.setAttribute(_REDIRECTS, QNetworkRequest.RedirectPolicy.NoLessSafeRedirectPolicy)
    request.setAttribute(_CACHE, QNetworkRequest.CacheLoadControl.AlwaysNetwork)
    request.setAttribute(_SAVE, False)
    return request


def _text(reply: QNetworkReply, name: object) -> str:
    return bytes(reply.rawHeader(name)).decode("latin-1")


def _pieces(reply: QNetworkReply, waiting: _Waiting, stopped: Stopped) -> Iterator[bytes]:
    while not stopped():
        piece = bytes(reply.read(PIECE) or b"")
        if piece:
            yield piece
        elif reply.isFinished():
            if reply.error() != QNetworkReply.NetworkError.NoError and reply.attribute(_STATUS) in (200, 206):
                raise TransportError(reply.errorString())
            return
        else:
            waiting.wait()
