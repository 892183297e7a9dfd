"""Checks the thresholds of a map together, before it runs."""

from __future__ import annotations

from qgis.core import QgsProcessingContext

from .algorithm import CrismAlgorithm, Parameters


def thresholds_fault(algorithm: CrismAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """What is wrong with the thresholds. The text is empty if nothing is."""
    identification, guess, best_guess = (
        algorithm.parameterAsDouble(parameters, name, context) for name in ("IDENTIFICATION", "GUESS", "BEST_GUESS")
    )
    if best_guess <= guess <= identification:
        return ""
    found = f"BEST_GUESS ({best_guess:g}), GUESS ({guess:g}), IDENTIFICATION ({identification:g})"
    return f"Thresholds must rise in the order {found}"
