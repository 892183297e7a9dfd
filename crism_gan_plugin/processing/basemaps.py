"""The list of maps of Mars on other people's servers, and how QGIS shows one as a layer.

No server names a CRS of Mars: tiles are cut in Earth's web Mercator projection, and map services say EPSG:4326. They mean the same
numbers on Mars, in degrees of its longitude and latitude. So every layer gets the CRS of Mars in which its numbers are right. For
tiles, that is a spherical Mercator projection whose scale factor makes up for the Earth's radius.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Optional
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from qgis.core import QgsBlockingNetworkRequest, QgsCoordinateReferenceSystem, QgsRasterLayer, QgsSettings
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QImage
from qgis.PyQt.QtNetwork import QNetworkRequest

from .. import paths
from ..core.errors import InputError, ParameterError
from ..core.mars.areas import MARS_RADIUS_KM
from ..core.mars.crs import GEOGRAPHIC
from .mars_crs import check_mars, qgis_crs

#: Name of the setting with the path of the user's own list, a JSON file like the plugin's `resources/basemaps.json`.
SETTING = "crism_gan/basemaps"

#: How long a server may take to answer, ms.
TIMEOUT_MS = 10_000

#: Radius of the Earth in web Mercator tiles, km.
_WEB_MERCATOR_RADIUS_KM = 6378.137


@dataclass(frozen=True)
class Basemap:
    """A map of Mars on a server.

    Attributes
    ----------
    name
        What the user sees.
    kind
        "xyz" (tiles) or "wms" (Web Map Service).
    url
        Address of the tiles, with {z}, {x} and {y}, or {-y} where rows are counted from the south; or address of the service.
    layer, crs
        Which layer to ask a Web Map Service for, and in which CRS.
    zmax
        The finest level of the tiles.
    """

    name: str
    kind: str
    url: str
    layer: str = ""
    crs: str = "EPSG:4326"
    zmax: int = 18

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise ParameterError(f"{self.name}: {self.url!r} is not the address of a server; it begins with http:// or https://")
        if self.kind == "xyz" and not ("{z}" in self.url and "{x}" in self.url and ("{y}" in self.url or "{-y}" in self.url)):
            raise ParameterError(f"{self.name}: {self.url!r} lacks {{z}}, {{x}} or {{y}}; write them where the tile's numbers go")
        if self.kind == "wms" and not self.layer:
            raise ParameterError(f"{self.name}: which layer of the Web Map Service? Add LAYERS=name to its address")
        if self.kind not in ("xyz", "wms"):
            raise ParameterError(f"{self.name}: {self.kind!r} is not a type of basemap; write xyz or wms")

    @classmethod
    def from_url(cls, url: str) -> Basemap:
        """Make a basemap of an address. It is tiles if it has {z}, else a Web Map Service that names LAYERS and perhaps CRS."""
        host = urlsplit(url).netloc or url
        if "{z}" in url:
            return cls(host, "xyz", url)
        query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        own = {key.lower(): value for key, value in query.items() if key.lower() in ("layers", "crs", "srs")}
        rest = urlencode({key: value for key, value in query.items() if key.lower() not in own}, safe="/:")
        crs = own.get("crs") or own.get("srs") or "EPSG:4326"
        return cls(host, "wms", urlsplit(url)._replace(query=rest).geturl(), own.get("layers", ""), crs)

    def mars_crs(self) -> QgsCoordinateReferenceSystem:
        """The CRS of Mars in which the server's numbers are right. Raises `ParameterError` if there is none."""
        crs = self.crs.upper()
        if self.kind == "xyz" or crs in ("EPSG:3857", "EPSG:900913"):
            return web_tiles_crs()
        if crs in ("EPSG:4326", "CRS:84"):
            return qgis_crs(GEOGRAPHIC)
        own = QgsCoordinateReferenceSystem(self.crs)
        check_mars(own, f"{self.name}, {self.crs}")
        return own

    def layer_on_mars(self) -> QgsRasterLayer:
        """The basemap as a layer. For a Web Map Service, this asks the server what it has."""
        if self.kind == "xyz":
            source = f"type=xyz&url={quote(self.url, safe=':/{}')}&zmin=0&zmax={self.zmax}"
        else:
            source = f"crs={self.crs}&format=image/png&layers={quote(self.layer)}&styles=&url={quote(self.url, safe=':/')}"
        layer = QgsRasterLayer(source, self.name, "wms")
        layer.setCrs(self.mars_crs())
        return layer

    def probe(self) -> str:
        """An address that must answer if the server is there."""
        if self.kind == "xyz":
            return self.url.replace("{z}", "0").replace("{x}", "0").replace("{y}", "0").replace("{-y}", "0")
        return f"{self.url}{'&' if urlsplit(self.url).query else '?'}SERVICE=WMS&REQUEST=GetCapabilities"

    def fault(self) -> Optional[str]:
        """What is wrong with the server's answer, or None if it is fine."""
        request = QNetworkRequest(QUrl(self.probe()))
        if hasattr(request, "setTransferTimeout"):  # Qt 5.15 and later; before, the timeout is that of QGIS's settings
            request.setTransferTimeout(TIMEOUT_MS)
        blocking = QgsBlockingNetworkRequest()
        if blocking.get(request, True) != QgsBlockingNetworkRequest.ErrorCode.NoError:
            return f"did not answer ({' '.join(blocking.errorMessage().split()) or 'timeout'})"
        content = blocking.reply().content()
        if self.kind == "xyz" and QImage.fromData(content).isNull():
            return "answered, but not with a picture"
        if self.kind == "wms" and b"Capabilities" not in bytes(content):
            return "answered, but not as a Web Map Service"
        return None


def web_tiles_crs() -> QgsCoordinateReferenceSystem:
    """The CRS of web Mercator tiles of Mars: x = 6378137 m · λ and y = 6378137 m · ln tan(π/4 + φ/2), with λ and φ on Mars.

    From Snyder (1987), Map projections, a working manual, equations 7-1 and 7-2, with R k₀ = 6378137 m.
    """
    factor = _WEB_MERCATOR_RADIUS_KM / MARS_RADIUS_KM
    return QgsCoordinateReferenceSystem.fromWkt(
        f'PROJCS["Mars, web Mercator tiles",{qgis_crs(GEOGRAPHIC).toWkt()},PROJECTION["Mercator_1SP"],'
        f'PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",0],PARAMETER["scale_factor",{factor!r}],'
        'PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]'
    )


def load_basemaps() -> list[Basemap]:
    """Read the user's list if the setting names one, else the plugin's.

    Raises
    ------
    InputError, ParameterError
        If the file cannot be read, or is not a list of basemaps.
    """
    return read_basemaps(Path(str(QgsSettings().value(SETTING, "") or paths.basemaps())))


def read_basemaps(file: Path) -> list[Basemap]:
    """Read basemaps from a JSON file: a list of objects with name, type, url, and layer, crs or zmax where they apply."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        found = [Basemap(kind=entry.pop("type"), **entry) for entry in entries]
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the setting {SETTING}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{file}: is not a list of basemaps ({error}); look at {paths.basemaps()} for one") from None
    if not found:
        raise InputError(f"{file}: has no basemap in its list; look at {paths.basemaps()} for one")
    return found
