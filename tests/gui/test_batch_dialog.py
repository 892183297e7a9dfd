"""QGIS's own batch dialog, with CRISM GAN Map in it."""

from __future__ import annotations

import time

from tests.qgis_support import write_scene


def test_the_standard_batch_dialog_maps_one_image_a_row(provider, tmp_path, qgis):
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProject
    from qgis.PyQt import sip

    images = [write_scene(tmp_path / f"{name}.tif", classes=("kaolinite",)) for name in ("one", "two")]
    dialog = BatchAlgorithmDialog(QgsApplication.processingRegistry().createAlgorithmById("crism:ganmap"))
    panel = dialog.mainWidget()
    while panel.batchRowCount() < len(images):
        panel.addRow()
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    for row, image in enumerate(images):
        panel.wrappers[row][panel.parameter_to_column["INPUT"]].setParameterValue(str(image), context)
        column = panel.parameter_to_column["OUTPUT"]
        panel.tblParameters.cellWidget(row + 1, column).setValue(str(tmp_path / "maps" / f"{image.stem}.tif"))
    dialog.show()  # a dialog that is not on the screen, QGIS deletes when its last row has ended
    dialog.runAlgorithm()
    wanted = [tmp_path / "maps" / f"{image.stem}_provenance.json" for image in images]
    tasks = QgsApplication.taskManager()
    deadline = time.monotonic() + 120
    # Later QGIS runs the rows in the background, and a task ends only some time after its files are there.
    while (tasks.count() or not all(file.is_file() for file in wanted)) and time.monotonic() < deadline:
        qgis.processEvents()
    assert all(file.is_file() for file in wanted)
    assert not tasks.count()
    dialog.close()
    sip.delete(dialog)  # now, not whenever Python collects it, which may be after QGIS has gone
    QgsProject.instance().clear()
