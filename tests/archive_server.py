"""A small Orbital Data Explorer on this machine, with the faults that servers have."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional
from urllib.parse import parse_qs, urlsplit

#: The label of an image of a few bytes: its records times their bytes are its size.
LABEL = """PDS_VERSION_ID = PDS3
RECORD_TYPE = FIXED_LENGTH
RECORD_BYTES = {record}
FILE_RECORDS = {records}
^IMAGE = "{image}"
OBJECT = IMAGE
  LINES = 1
END_OBJECT = IMAGE
END
"""


_COUNTING = threading.Lock()


@dataclass
class ArchivedProduct:
    """A product on the server: its files' bytes by name."""

    id: str
    type: str
    files: dict[str, bytes]
    footprint: str = "POLYGON ((77 18, 78 18, 78 19, 77 19, 77 18))"
    kilobytes: dict[str, str] = field(default_factory=dict)

    def row(self, address: str) -> dict[str, Any]:
        files = [
            {"FileName": name, "URL": f"{address}data/{name}", "KBytes": self.kilobytes.get(name, str(round(len(raw) / 1000)))}
            for name, raw in self.files.items()
        ]
        return {
            "pdsid": self.id,
            "ihid": "MRO",
            "iid": "CRISM",
            "pt": self.type,
            "Footprint_C0_geometry": self.footprint,
            "Center_latitude": "18.5",
            "Center_longitude": "77.5",
            "UTC_start_time": "2008-07-01T12:00:00.000",
            "Solar_longitude": "95.1",
            "Incidence_angle": "42.5",
            "Emission_angle": "3.5",
            "Phase_angle": "40.0",
            "Product_files": {"Product_file": files[0] if len(files) == 1 else files},
        }


def image_product(id_: str, type_: str, size: int = 40_000, **more: Any) -> ArchivedProduct:
    """A product of an image and its label."""
    name = id_.lower()
    raw = bytes((place * 7 + len(id_)) % 251 for place in range(size))
    label = LABEL.format(record=100, records=size // 100, image=f"{id_}.IMG").encode()
    return ArchivedProduct(id_, type_, {f"{name}.img": raw, f"{name}.lbl": label}, **more)


@dataclass
class ArchiveServer:
    """What the server has, how it misbehaves, and what it was asked.

    Attributes
    ----------
    faults
        Path → what goes wrong there, one after the other; then all is well.
    asked
        Paths and their Range headers.
    ignores_ranges
        Whether it always sends whole files.
    """

    address: str
    products: list[ArchivedProduct] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    ignores_ranges: bool = False
    at_once: int = 0
    most_at_once: int = 0
    pace_s: float = 0.0
    page: Optional[bytes] = None

    def count(self, step: int) -> None:
        """Count the slow answers that are on their way."""
        with _COUNTING:
            self.at_once += step
            self.most_at_once = max(self.most_at_once, self.at_once)

    def data(self, name: str) -> Optional[bytes]:
        return next((product.files[name] for product in self.products if name in product.files), None)

    def times(self) -> Counter[str]:
        """How often each file was asked for."""
        return Counter(path.rsplit("/", 1)[1] for path, _ in self.asked if path.startswith("/data/"))


@contextmanager
def archive_server(*products: ArchivedProduct) -> Iterator[ArchiveServer]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.daemon_threads = True
    httpd.archive = ArchiveServer(f"http://127.0.0.1:{httpd.server_port}/", list(products))  # type: ignore[attr-defined]
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield httpd.archive  # type: ignore[attr-defined]
    finally:
        httpd.shutdown()
        httpd.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        archive: ArchiveServer = self.server.archive  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        archive.asked.append((parts.path, self.headers.get("Range", "")))
        faults = archive.faults.get(parts.path, [])
        fault = faults.pop(0) if faults else ""
        try:
            self._answer(archive, parts.path, parts.query, fault)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _answer(self, archive: ArchiveServer, path: str, query: str, fault: str) -> None:
        if fault.isdigit():
            self._send(int(fault), b"busy", {"Retry-After": "0"})
        elif fault == "redirect":
            self._send(302, b"", {"Location": f"/moved{path}?{query}"})
        elif fault == "redirect to a file":
            self._send(302, b"", {"Location": "file:///etc/hostname"})
        elif fault == "html":
            self._send(200, b"<!DOCTYPE html><html><body>Please log in</body></html>", {"Content-Type": "text/html"})
        elif fault == "silent":
            time.sleep(5)
        elif fault == "closed":
            self.close_connection = True
        elif path.removeprefix("/moved").startswith("/data/"):
            self._send_file(archive, path.rsplit("/", 1)[1], fault)
        else:
            asked = {name: values[0] for name, values in parse_qs(query).items()}
            archive.queries.append(asked)
            self._send(200, archive.page or _answer_to(archive, asked), {"Content-Type": "application/json"}, fault)

    def _send_file(self, archive: ArchiveServer, name: str, fault: str) -> None:
        raw = archive.data(name)
        if raw is None:
            self._send(404, b"not here", {})
            return
        if fault == "short":
            raw = raw[:-500]
        if fault == "other":
            raw = bytes(len(raw))
        start = self.headers.get("Range", "").removeprefix("bytes=").removesuffix("-")
        if start and not archive.ignores_ranges:
            if int(start) >= len(raw):
                self._send(416, b"", {"Content-Range": f"bytes */{len(raw)}"})
                return
            end = f"bytes {start}-{len(raw) - 1}/{len(raw)}"
            self._send(206, raw[int(start) :], {"Content-Range": end}, fault, archive.pace_s)
        else:
            self._send(200, raw, {}, fault, archive.pace_s)

    def _send(self, status: int, raw: bytes, headers: dict[str, str], fault: str = "", pace_s: float = 0.0) -> None:
        self.send_response(status)
        for name, text in {"Content-Length": str(len(raw)), **headers}.items():
            self.send_header(name, text)
        self.end_headers()
        if fault == "cut off":
            self.wfile.write(raw[: len(raw) // 2])
            self.close_connection = True
            return
        if not pace_s:
            self.wfile.write(raw)
            return
        archive: ArchiveServer = self.server.archive  # type: ignore[attr-defined]
        archive.count(1)
        for place in range(0, len(raw), 1000):
            time.sleep(pace_s)
            if place + 1000 >= len(raw):  # the client may ask its next question as soon as it has the last byte
                archive.count(-1)
            self.wfile.write(raw[place : place + 1000])


def _answer_to(archive: ArchiveServer, asked: dict[str, str]) -> bytes:
    found = [product for product in archive.products if _fits(product, asked)]
    rows = [product.row(archive.address) for product in found]
    offset, limit = int(asked.get("offset", 0)), int(asked.get("limit", 10))
    rows = rows[offset : offset + limit]
    products: Any = {"Product": rows[0] if len(rows) == 1 else rows} if rows else "No Products Found"
    return json.dumps({"ODEResults": {"Status": "Success", "Count": str(len(found)), "Products": products}}).encode()


def _fits(product: ArchivedProduct, asked: dict[str, str]) -> bool:
    if asked.get("pt") != product.type or (asked.get("target"), asked.get("ihid"), asked.get("iid")) != ("mars", "MRO", "CRISM"):
        return False
    if "productid" in asked:
        return fnmatchcase(product.id, asked["productid"])
    corners = [tuple(map(float, pair.split())) for pair in product.footprint.strip("POLYGN ()").split(",")]
    west, east = min(x for x, _ in corners), max(x for x, _ in corners)
    south, north = min(y for _, y in corners), max(y for _, y in corners)
    box = {name: float(asked[name]) for name in ("minlat", "maxlat", "westernlon", "easternlon")}
    return west <= box["easternlon"] and east >= box["westernlon"] and south <= box["maxlat"] and north >= box["minlat"]
