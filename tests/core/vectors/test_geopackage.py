"""A GeoPackage keeps what its layer is given."""

from __future__ import annotations

import pytest
from osgeo import gdal, ogr, osr

from crism_gan_plugin.core.vectors.geopackage import VectorLayer


def layer_crs(path) -> osr.SpatialReference:
    dataset = ogr.Open(str(path))  # kept while its CRS is read
    return dataset.GetLayer().GetSpatialRef().Clone()


@pytest.mark.parametrize("kind", ["WKT1_GDAL", "WKT2_2019"])
@pytest.mark.parametrize("code", [49910, 49900, 49930])
def test_a_layer_keeps_its_crs_and_the_name_of_it(tmp_path, code, kind):
    crs = osr.SpatialReference()
    crs.SetFromUserInput(f"IAU_2015:{code}")
    wkt = crs.ExportToWkt([f"FORMAT={kind}"])
    with VectorLayer(tmp_path / "p.gpkg", "places", wkt, (0, 1, 0, 0, 0, -1), {}, "", points=True) as layer:
        layer.write_point(1.0, 2.0, {})
    found = layer_crs(tmp_path / "p.gpkg")
    assert found.GetName() == crs.GetName()
    assert found.GetAuthorityCode(None) == str(code)
    if int(gdal.VersionInfo()) >= 3090000:  # older GDAL has no WKT 2 here
        assert found.GetAuthorityName(None) == "IAU_2015"
