"""A server of tiles and of a Web Map Service on loopback, whose colours say where on the planet each of its pixels lies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Optional
from urllib.parse import parse_qsl, urlsplit

import numpy as np
from osgeo import gdal, gdal_array

#: Width of the checks in degrees: red changes with longitude, green with latitude. Blue tells basemap from nothing.
CHECK = 0.05
BLUE = 90

CAPABILITIES = """<?xml version="1.0"?>
<WMS_Capabilities version="1.3.0" xmlns="http://www.opengis.net/wms" xmlns:xlink="http://www.w3.org/1999/xlink">
<Service><Name>WMS</Name><Title>Mars</Title></Service>
<Capability><Request>
<GetCapabilities><Format>text/xml</Format><DCPType><HTTP><Get><OnlineResource xlink:href="{url}"/></Get></HTTP></DCPType>
</GetCapabilities>
<GetMap><Format>image/png</Format><DCPType><HTTP><Get><OnlineResource xlink:href="{url}"/></Get></HTTP></DCPType></GetMap>
</Request><Exception><Format>XML</Format></Exception>
<Layer><Title>Mars</Title><CRS>EPSG:4326</CRS>
<EX_GeographicBoundingBox><westBoundLongitude>-180</westBoundLongitude><eastBoundLongitude>180</eastBoundLongitude>
<southBoundLatitude>-90</southBoundLatitude><northBoundLatitude>90</northBoundLatitude></EX_GeographicBoundingBox>
<BoundingBox CRS="EPSG:4326" minx="-90" miny="-180" maxx="90" maxy="180"/>
<Layer><Name>checks</Name><Title>Checks</Title></Layer>
</Layer></Capability></WMS_Capabilities>"""


@dataclass
class MapServer:
    """A server that is running; `requests` grows with every one."""

    url: str
    requests: list[str] = field(default_factory=list)

    @property
    def tiles(self) -> str:
        return f"{self.url}/{{z}}/{{x}}/{{y}}.png"

    @property
    def tiles_from_the_south(self) -> str:
        return f"{self.url}/south/{{z}}/{{x}}/{{-y}}.png"

    @property
    def service(self) -> str:
        return f"{self.url}/wms?map=/maps/mars.map&LAYERS=checks"


def colours(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """(3, ...) uint8: what the server paints at places on Mars, degrees."""
    red, green = (np.where(np.floor(degrees / CHECK) % 2, 255, 0) for degrees in (longitude, latitude))
    return np.stack([red, green, np.full_like(red, BLUE)]).astype(np.uint8)


def tile(z: int, x: int, y: int, size: int = 256) -> np.ndarray:
    """A tile of the usual cut: the planet's spherical Mercator square in 2^z × 2^z tiles, rows from the north."""
    pixel = (np.arange(size) + 0.5) / size
    longitude = 360 * (x + pixel) / 2**z - 180
    latitude = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + pixel) / 2**z))))
    return colours(*np.meshgrid(longitude, latitude))


def get_map(query: dict[str, str]) -> np.ndarray:
    """What GetMap of version 1.3.0 asks for; EPSG:4326 has latitude first there."""
    assert query["VERSION"] == "1.3.0" and query["CRS"] == "EPSG:4326" and query["LAYERS"] == "checks", query
    south, west, north, east = map(float, query["BBOX"].split(","))
    columns = (np.arange(int(query["WIDTH"])) + 0.5) / int(query["WIDTH"])
    rows = (np.arange(int(query["HEIGHT"])) + 0.5) / int(query["HEIGHT"])
    return colours(*np.meshgrid(west + columns * (east - west), north - rows * (north - south)))


def png(pixels: np.ndarray) -> bytes:
    """(3, rows, columns) as a file."""
    name = f"/vsimem/{time.monotonic_ns()}.png"
    gdal.GetDriverByName("PNG").CreateCopy(name, gdal_array.OpenArray(pixels))
    size = gdal.VSIStatL(name).size
    file = gdal.VSIFOpenL(name, "rb")
    content = bytes(gdal.VSIFReadL(1, size, file))
    gdal.VSIFCloseL(file)
    gdal.Unlink(name)
    return content


@contextmanager
def map_server(answer: str = "maps") -> Iterator[MapServer]:
    """A server that answers with maps, or is at "error", or "silent", or says "words" whatever it is asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.requests.append(self.path)
            if answer == "silent":
                time.sleep(3)
                return
            content = b"not found" if answer == "error" else b"some words" if answer == "words" else self.content()
            self.send_response(404 if content is None or answer == "error" else 200)
            self.send_header("Content-Type", "text/xml" if b"Capabilities" in (content or b"") else "image/png")
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def content(self) -> Optional[bytes]:
            address = urlsplit(self.path)
            query = {key.upper(): value for key, value in parse_qsl(address.query)}
            if address.path == "/wms":
                assert query["MAP"] == "/maps/mars.map"
                if query["REQUEST"] == "GetMap":
                    return png(get_map(query))
                return CAPABILITIES.format(url=f"{server.url}/wms?map=/maps/mars.map&amp;").encode()
            *south, z, x, y = address.path.strip("/").split("/")
            row = int(Path(y).stem)
            return png(tile(int(z), int(x), 2 ** int(z) - 1 - row if south else row))

        def log_message(self, *words: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    server = MapServer(f"http://127.0.0.1:{listening.server_port}")
    thread = Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
