"""Simulated CRISM images whose minerals are known: for the demo, the tests and the benchmarks.

Who lives here: `practice`, `scenes`, `ground`, `spectra`, `track`, `envi_cube`, `mapping_data`, `labels`.
Who may come in: cli.
"""

from .practice import simulate_practice
from .scenes import DEMO_SCENES, Footprint, SimulatedScene, simulate_scene, simulate_sensor_scene
from .track import Track

__all__ = ["DEMO_SCENES", "Footprint", "SimulatedScene", "Track", "simulate_practice", "simulate_scene", "simulate_sensor_scene"]
