"""What scripts and models depend on: ids and parameter names never change; every parameter explains itself."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

#: Ids and parameter names that were released. More may be added; none of these may go or change.
FROZEN = {
    "crism:ganmap": {
        "parameters": [
            "INPUT",
            "WAVELENGTHS",
            "GEOMETRY",
            "TARGET_CRS",
            "MODEL",
            "DENOISE",
            "VOLCANO_SCANS",
            "SCAN_TABLE",
            "EXEMPLARS",
            "CLASSES",
            "IDENTIFICATION",
            "GUESS",
            "BEST_GUESS",
            "LEAD",
            "CLASS_THRESHOLDS",
            "METHOD",
            "SCALES",
            "SUPPORT",
            "RATIO",
            "RELIABILITY",
            "MAX_FALSE_SHARE",
            "PROBABILITY",
            "UNLISTED",
            "ARTEFACTS",
            "LIMITS",
            "ENGINE",
            "WEIGHTS",
            "EVIDENCE",
            "CATALOGUE",
            "OUTPUT",
            "REPORT",
        ],
        "outputs": ["OUTPUT", "REPORT", "EVIDENCE", "STYLE", "PROVENANCE", "DETECTION_LIMITS"],
    },
    "crism:denoise": {
        "parameters": [
            "INPUT",
            "WAVELENGTHS",
            "MODE",
            "VOLCANO_SCANS",
            "SCAN_TABLE",
            "INFORMATION",
            "EXEMPLARS",
            "LIBRARY",
            "ICES",
            "DEVICE",
            "OUTPUT",
        ],
        "outputs": ["OUTPUT", "MODEL", "BACKGROUND", "PATH", "TRANSMISSION", "BAD", "PROVENANCE"],
    },
    "crism:batchmap": {
        "parameters": [
            "INPUT",
            "FOLDER",
            "WAVELENGTHS",
            "DENOISE",
            "VOLCANO_SCANS",
            "SCAN_TABLE",
            "EXEMPLARS",
            "CLASSES",
            "IDENTIFICATION",
            "GUESS",
            "BEST_GUESS",
            "LEAD",
            "CLASS_THRESHOLDS",
            "METHOD",
            "SCALES",
            "SUPPORT",
            "RATIO",
            "RELIABILITY",
            "MAX_FALSE_SHARE",
            "PROBABILITY",
            "UNLISTED",
            "ARTEFACTS",
            "LIMITS",
            "ENGINE",
            "WEIGHTS",
            "CRS",
            "STRATEGY",
            "BESIDES",
            "FETCH_IDS",
            "FETCH_EXTENT",
            "FETCH_KINDS",
            "FETCH_ENDPOINT",
            "CATALOGUE",
            "OUTPUT_FOLDER",
            "COMPOSITE",
            "REPORT",
        ],
        "outputs": [
            "OUTPUT_FOLDER",
            "COMPOSITE",
            "REPORT",
            "MAPS",
            "SUMMARY",
            "COLLECTION",
            "DETECTIONS",
            "MAPPED",
            "SKIPPED",
            "FAILED",
        ],
    },
    "crism:importproduct": {
        "parameters": ["INPUT", "WAVELENGTHS", "GEOMETRY", "CRS", "RESAMPLING", "SENSOR_SPACE", "JOIN", "OUTPUT"],
        "outputs": ["OUTPUT"],
    },
    "crism:continuumremoval": {
        "parameters": ["INPUT", "WAVELENGTHS", "RANGE", "OUTPUT", "CONTINUUM"],
        "outputs": ["OUTPUT", "CONTINUUM"],
    },
    "crism:compositemosaic": {
        "parameters": ["INPUT", "STRATEGY", "CRS", "PIXEL_SIZE", "EXTENT", "BESIDES", "OPEN_ALL", "OUTPUT"],
        "outputs": ["OUTPUT", "SIMILARITY", "SOURCE", "COUNT", "SOURCES", "AGREEMENT", "STYLE", "PROVENANCE"],
    },
    "crism:deposits": {
        "parameters": [
            "INPUT",
            "LEVEL",
            "NEIGHBOURS",
            "MIN_PIXELS",
            "MIN_COLUMNS",
            "SIEVE",
            "FILL_HOLES",
            "IMAGE",
            "WAVELENGTHS",
            "OUTPUT",
        ],
        "outputs": ["OUTPUT", "STYLE", "PROVENANCE"],
    },
    "crism:catalogue": {
        "parameters": ["INPUT", "MIN_PIXELS", "SHOW"],
        "outputs": ["DETECTIONS", "COLLECTION", "ENTERED", "KEPT", "REMOVED", "FAILED"],
    },
    "crism:report": {"parameters": ["INPUT", "IMAGE", "OUTPUT", "OUTPUT_PDF"], "outputs": ["OUTPUT", "OUTPUT_PDF"]},
    "crism:similaritymap": {
        "parameters": [
            "INPUT",
            "SPECTRUM",
            "SPECTRUM_FILE",
            "AT",
            "POLYGONS",
            "SPECTRUM_IMAGE",
            "METRIC",
            "SCALES",
            "WAVELENGTHS",
            "GEOMETRY",
            "CRS",
            "EXEMPLARS",
            "WEIGHTS",
            "ENGINE",
            "OUTPUT",
        ],
        "outputs": ["OUTPUT", "BEST", "HISTOGRAM", "STYLE", "PROVENANCE"],
    },
    "crism:fetchproducts": {
        "parameters": ["IDS", "IDS_FILE", "EXTENT", "AREA", "KINDS", "FOOTPRINTS_ONLY", "ENDPOINT", "OUTPUT_FOLDER"],
        "outputs": ["OUTPUT_FOLDER", "FOOTPRINTS", "FILES", "FOUND", "FETCHED", "FAILED"],
    },
    "crism:targetscreen": {
        "parameters": ["INPUT", "FOLDER", "EXEMPLARS", "CLASSES", "WAVELENGTHS", "OUTPUT"],
        "outputs": ["OUTPUT", "PROVENANCE", "FAILED"],
    },
    "crism:comparemethods": {
        "parameters": [
            "INPUT",
            "METHODS",
            "METHOD_PARAMETERS",
            "TRUTH",
            "PRECISION",
            "WAVELENGTHS",
            "GEOMETRY",
            "CRS",
            "EXEMPLARS",
            "CLASSES",
            "RATIO",
            "SCALES",
            "WEIGHTS",
            "ENGINE",
            "OUTPUT",
        ],
        "outputs": ["OUTPUT", "MAPS", "TABLE", "STYLE", "PROVENANCE"],
    },
    "crism:bandfit": {
        "parameters": ["INPUT", "RANGE", "WAVELENGTHS", "GEOMETRY", "CRS", "OUTPUT"],
        "outputs": ["OUTPUT", "STYLE", "PROVENANCE"],
    },
    "crism:summaryparameters": {
        "parameters": ["INPUT", "PARAMETERS", "PRODUCTS", "RECOMPUTE", "WAVELENGTHS", "GEOMETRY", "CRS", "OUTPUT"],
        "outputs": ["OUTPUT", "BROWSE", "STYLE", "PROVENANCE"],
    },
    "crism:buildexemplars": {
        "parameters": [
            "SPECTRA",
            "CLASSES",
            "CLASS_NAME",
            "ONLY",
            "IMAGE",
            "POLYGONS",
            "FIELD",
            "EXEMPLARS",
            "ALONE",
            "WAVELENGTHS",
            "GEOMETRY",
            "WEIGHTS",
            "OUTPUT",
        ],
        "outputs": ["OUTPUT", "REPORT"],
    },
    "crism:sceneendmembers": {
        "parameters": [
            *("INPUT", "METHOD", "COUNT", "MIN_PIXELS", "RATIO", "EXPORT", "WAVELENGTHS", "GEOMETRY", "CRS", "EXEMPLARS"),
            *("WEIGHTS", "ENGINE", "OUTPUT"),
        ],
        "outputs": ["OUTPUT", "POINTS", "TABLE", "SPECTRA", "LIBRARY", "STYLE", "PROVENANCE"],
    },
    "crism:detectionlimit": {
        "parameters": ["INPUT", "CLASSES", "PATCHES", "IMPLANTS", "SEED", "IMAGE", "OUTPUT"],
        "outputs": ["OUTPUT", "TABLE", "CURVES", "FIGURE", "STYLE", "PROVENANCE"],
    },
    "crism:marsbasemap": {
        "parameters": ["BASEMAP", "URL", "LAYERS", "CRS", "LOCAL", "PROJECT"],
        "outputs": ["LOCAL", "PROJECT", "BASEMAP_ADDED"],
    },
    "crism:traingan": {
        "parameters": ["INPUT", "LIBRARY", "GROUND", "WITH_EXEMPLARS", "LOSSES", "STEPS", "SEED", "PATIENCE", "OUTPUT"],
        "outputs": ["OUTPUT", "WEIGHTS", "CARD", "LOSS_TABLE", "LOSS_CURVES", "SPECTRA"],
    },
    "crism:checkinstallation": {"parameters": [], "outputs": ["REPORT", "MISSING"]},
}


def test_provider_has_its_id_name_and_algorithms(provider):
    assert provider.id() == "crism"
    assert provider.name() == "CRISM"
    assert set(FROZEN) <= {algorithm.id() for algorithm in provider.algorithms()}


@pytest.mark.parametrize("name", ["ganmap", "batchmap"])
def test_minerals_are_a_string_whose_widget_can_be_found(provider, name):
    minerals = provider.algorithm(name).parameterDefinition("CLASSES")
    assert minerals.type() == "string"
    module, _, widget = minerals.metadata()["widget_wrapper"]["class"].rpartition(".")
    assert f"class {widget}:" in Path(find_spec(module).origin).read_text()


@pytest.mark.parametrize("identifier", FROZEN)
def test_parameter_and_output_names_are_frozen(provider, identifier):
    algorithm = provider.algorithm(identifier.split(":")[1])
    names = {parameter.name() for parameter in algorithm.parameterDefinitions()}
    assert set(FROZEN[identifier]["parameters"]) <= names
    assert set(FROZEN[identifier]["outputs"]) <= {output.name() for output in algorithm.outputDefinitions()}


def own(provider):
    """The algorithms without the models, which are made of them."""
    from crism_gan_plugin.processing.algorithm import CrismAlgorithm

    return [algorithm for algorithm in provider.algorithms() if isinstance(algorithm, CrismAlgorithm)]


def test_every_algorithm_explains_itself(provider):
    for algorithm in own(provider):
        assert algorithm.name().isalnum() and algorithm.name().islower()
        assert algorithm.displayName().startswith("CRISM ")
        assert algorithm.group() and algorithm.groupId() and algorithm.tags()
        assert not algorithm.icon().isNull()
        assert len(algorithm.shortHelpString()) > 100
        for parameter in algorithm.parameterDefinitions():
            assert len(parameter.help()) > 20, f"{algorithm.id()} {parameter.name()} has no help"
            assert parameter.help() in algorithm.shortHelpString()


def test_a_new_instance_is_a_new_object(provider):
    for algorithm in provider.algorithms():
        one, other = algorithm.create(), algorithm.create()
        assert one is not other
        assert one.id() == algorithm.id()


def test_unloading_removes_the_provider(qgis):
    from qgis.core import QgsApplication

    from crism_gan_plugin import classFactory

    for _ in range(2):  # a plugin that is reloaded
        plugin = classFactory(None)
        plugin.initProcessing()
        assert QgsApplication.processingRegistry().providerById("crism")
        plugin.unload()
        assert not QgsApplication.processingRegistry().providerById("crism")


def test_missing_weights_are_told_before_anything_runs(provider, monkeypatch, tmp_path):
    from crism_gan_plugin import paths

    algorithm = provider.algorithm("ganmap").create()
    assert algorithm.canExecute()[0]
    monkeypatch.setattr(paths, "weights", lambda: tmp_path / "discriminator.npz")
    possible, reason = algorithm.canExecute()
    assert not possible
    assert "discriminator.npz" in reason and "install" in reason
