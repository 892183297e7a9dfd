"""How numbers are computed fast: matrix products at the machine's full rate, and temporary arrays without page faults.

Who lives here: `matrix`, `memory`.
Who may come in: everyone.
"""
