"""The eighteen browse products: three summary parameters as red, green and blue, under the archive's codes."""

from __future__ import annotations

#: Parameters in red, green and blue, by code.
CHANNELS = {
    "TRU": ("R600", "R530", "R440"),
    "VNA": ("R770", "R770", "R770"),
    "FEM": ("BD530_2", "SH600_2", "BDI1000VIS"),
    "FM2": ("BD530_2", "BD920_2", "BDI1000VIS"),
    "TAN": ("R2529", "R1330", "R770"),
    "IRA": ("R1330", "R1330", "R1330"),
    "FAL": ("R2529", "R1506", "R1080"),
    "MAF": ("OLINDEX3", "LCPINDEX2", "HCPINDEX2"),
    "HYD": ("SINDEX2", "BD2100_2", "BD1900_2"),
    "PHY": ("D2300", "D2200", "BD1900R2"),
    "PFM": ("BD2355", "D2300", "BD2290"),
    "PAL": ("BD2210_2", "BD2190", "BD2165"),
    "HYS": ("MIN2250", "BD2250", "BD1900R2"),
    "ICE": ("BD1900_2", "BD1500_2", "BD1435"),
    "IC2": ("R3920", "BD1500_2", "BD1435"),
    "CHL": ("ISLOPE1", "BD3000", "IRR2"),
    "CAR": ("D2300", "BD2500_2", "BD1900_2"),
    "CR2": ("MIN2295_2480", "MIN2345_2537", "CINDEX2"),
}
