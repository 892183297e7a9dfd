"""How numbers are computed fast: matrix products at the machine's full rate, all cores at work, no page faults by temporary arrays.

Who lives here: `matrix`, `cores`, `memory`, `graphics`.
Who may come in: everyone.
"""
