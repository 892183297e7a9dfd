"""The algorithms as QGIS shows them: parameters, help and results. They hold no science, and import nothing heavy at the top."""
