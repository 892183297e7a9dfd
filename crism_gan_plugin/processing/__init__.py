"""The algorithms as QGIS shows them: parameters, help and results. No science in here, and nothing heavy is imported at the top."""
