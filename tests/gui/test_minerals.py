"""The list of minerals in the dialogs that map: what is checked is what is looked for, and it follows the exemplar library."""

from __future__ import annotations

import json

import pytest

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.errors import CrismError

LIBRARY = load_exemplars()
USUAL = LIBRARY.defaults().class_names


@pytest.fixture
def closing():
    """Keeps dialogs and deletes them before QGIS goes."""
    from qgis.PyQt import sip

    dialogs = []

    def keep(dialog):
        dialogs.append(dialog)
        return dialog

    yield keep
    for dialog in dialogs:
        dialog.close()
        sip.delete(dialog)


def algorithm(name):
    from qgis.core import QgsApplication

    return QgsApplication.processingRegistry().createAlgorithmById(f"crism:{name}")


@pytest.fixture(params=["ganmap", "batchmap"])
def wrappers(provider, closing, request):
    """Of the dialog's parameters, by their names."""
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    dialog = closing(AlgorithmDialog(algorithm(request.param)))
    return dialog.mainWidget().wrappers


def rows(wrapper):
    """Text of each line → whether it is checked."""
    from qgis.PyQt.QtCore import Qt

    minerals = wrapper.widget
    items = [minerals.list.item(row) for row in range(minerals.list.count())]
    return {item.text(): item.checkState() == Qt.CheckState.Checked for item in items}


def check(wrapper, *names, checked=True):
    from qgis.PyQt.QtCore import Qt

    minerals = wrapper.widget
    for row in range(minerals.list.count()):
        if minerals.list.item(row).text() in names:
            minerals.list.item(row).setCheckState(Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)


def set_value(wrapper, value):
    from qgis.core import QgsProcessingContext

    wrapper.setParameterValue(value, QgsProcessingContext())


def write_library(path, classes):
    """A library of the names and whether they are on by default."""
    bands = [[1900, 30, 0, 0.1]]
    flags = {"low_confidence": False, "rgb": [10, 20, 30]}
    data = {
        "format": "crism-gan-exemplars",
        "version": 1,
        "classes": [{"code": k + 1, "name": name, "default_on": on, **flags} for k, (name, on) in enumerate(classes.items())],
        "spectra": [{"name": name, "class": name, "source": "", "bands": bands} for name in classes],
    }
    path.write_text(json.dumps(data))
    return str(path)


def test_the_usual_minerals_are_checked_and_leave_the_parameter_empty(wrappers):
    assert rows(wrappers["CLASSES"]) == {name: name in USUAL for name in LIBRARY.class_names}
    assert wrappers["CLASSES"].parameterValue() == ""


def test_what_is_checked_is_what_is_looked_for(wrappers):
    wrapper = wrappers["CLASSES"]
    check(wrapper, "plagioclase")
    assert LIBRARY.select(wrapper.parameterValue().split(",")).class_names == [
        name for name in LIBRARY.class_names if name in {*USUAL, "plagioclase"}
    ]
    check(wrapper, *LIBRARY.class_names, checked=False)
    check(wrapper, "jarosite", "olivine/Mg-smectite mixture")
    assert wrapper.parameterValue() == "jarosite, olivine/Mg-smectite mixture"
    assert wrapper.widget.told.text() == "2 of 32: jarosite, olivine/Mg-smectite mixture"
    check(wrapper, *LIBRARY.class_names)
    assert (wrapper.parameterValue(), wrapper.widget.told.text()) == ("all", "32 of 32")


def test_none_checked_means_the_usual_ones_and_says_so(wrappers):
    wrapper = wrappers["CLASSES"]
    check(wrapper, *LIBRARY.class_names, checked=False)
    assert wrapper.parameterValue() == ""
    assert "by default" in wrapper.widget.told.text()


@pytest.mark.parametrize(
    "value, checked",
    [
        ("", USUAL),
        (None, USUAL),
        ("all", LIBRARY.class_names),
        (" Kaolinite ,jarosite", ["jarosite", "kaolinite"]),
    ],
)
def test_a_value_is_shown_as_its_minerals(wrappers, value, checked):
    set_value(wrappers["CLASSES"], value)
    assert [name for name, is_checked in rows(wrappers["CLASSES"]).items() if is_checked] == checked


def test_the_buttons_choose_the_usual_ones_and_all(wrappers):
    wrapper = wrappers["CLASSES"]
    told = []
    wrapper.widgetValueHasChanged.connect(lambda *_: told.append(wrapper.parameterValue()))
    wrapper.widget.all.click()
    assert all(rows(wrapper).values())
    wrapper.widget.usual.click()
    assert rows(wrapper) == {name: name in USUAL for name in LIBRARY.class_names}
    assert told == ["all", ""]


def test_the_list_follows_the_exemplar_library(wrappers, tmp_path):
    mine = write_library(tmp_path / "mine.json", {"kaolinite": True, "perovskite": False, "all": True})
    set_value(wrappers["EXEMPLARS"], mine)
    assert rows(wrappers["CLASSES"]) == {"kaolinite": True, "perovskite": False, "all": True}
    assert wrappers["CLASSES"].parameterValue() == ""
    wrappers["CLASSES"].widget.all.click()
    assert load_exemplars(mine).select(wrappers["CLASSES"].parameterValue().split(",")).class_names == [
        "kaolinite",
        "perovskite",
        "all",
    ]
    set_value(wrappers["EXEMPLARS"], "")
    shown = rows(wrappers["CLASSES"])
    assert [name for name, is_checked in shown.items() if is_checked] == [
        "kaolinite",
        "perovskite (not in this library)",
        "all (not in this library)",
    ]
    with pytest.raises(CrismError, match="perovskite' is not in the library"):
        LIBRARY.select(wrappers["CLASSES"].parameterValue().split(","))
    check(wrappers["CLASSES"], "perovskite (not in this library)", "all (not in this library)", checked=False)
    assert wrappers["CLASSES"].parameterValue() == "kaolinite"


def test_a_library_that_cannot_be_read_is_told_and_the_choice_kept(wrappers, tmp_path):
    wrapper = wrappers["CLASSES"]
    set_value(wrapper, "kaolinite, talc")
    (tmp_path / "broken.json").write_text("{")
    for path in (tmp_path / "broken.json", tmp_path / "none.json"):
        set_value(wrappers["EXEMPLARS"], str(path))
        assert str(path) in wrapper.widget.told.text()
        assert not wrapper.widget.all.isEnabled()
        assert wrapper.parameterValue() == "kaolinite, talc"
    set_value(wrappers["EXEMPLARS"], "")
    assert [name for name, is_checked in rows(wrapper).items() if is_checked] == ["kaolinite", "talc"]


def test_batch_rows_show_a_plain_string(provider, closing):
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog
    from qgis.PyQt.QtWidgets import QLineEdit

    panel = closing(BatchAlgorithmDialog(algorithm("ganmap"))).mainWidget()
    wrapper = panel.wrappers[0][panel.parameter_to_column["CLASSES"]]
    assert isinstance(wrapper.wrappedWidget(), QLineEdit)
    set_value(wrapper, "kaolinite")
    assert wrapper.parameterValue() == "kaolinite"


def test_models_show_what_they_show_for_any_string(provider, closing):
    from processing.modeler.ModelerParametersDialog import ModelerParametersDialog
    from qgis.core import QgsProcessingModelAlgorithm
    from qgis.gui import QgsProcessingModelerParameterWidget

    dialog = closing(ModelerParametersDialog(algorithm("ganmap"), QgsProcessingModelAlgorithm()))
    wrapper = dialog.widget.widget.wrappers["CLASSES"]
    assert isinstance(wrapper, QgsProcessingModelerParameterWidget)
