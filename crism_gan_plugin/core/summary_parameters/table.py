"""The sixty summary parameters: a row each, in the order of the archive's SU and SR products.

Wavelengths are in nm; ``widths`` are the bands whose median is taken around each. Definitions are those of the instrument team's
pipeline (version of November 2013), which made the archive's products. Where other programs differ, theirs are told from ours in
docs/manual/summary_parameters.md.
"""

from __future__ import annotations

from .formulas import (
    BandDepth,
    BelowLine,
    DropOff,
    ExtendedSlope,
    Formula,
    IntegratedDepth,
    LineVariance,
    OfTwo,
    Reflectance,
    ReflectanceRatio,
    ShoulderHeight,
    Slope,
    Smaller,
    VisiblePeak,
)

_BD1435 = BandDepth(1370, 1434, 1470, (3, 1, 3))
_BD1500 = BandDepth(1367, 1525, 1808, (5, 11, 5))

#: The formula of each parameter, by its name in the archive.
FORMULAS: dict[str, Formula] = {
    "R770": Reflectance(770),
    "RBR": ReflectanceRatio(770, 440),
    "BD530_2": BandDepth(440, 530, 614),
    "SH600_2": ShoulderHeight(533, 600, 716, (5, 5, 3)),
    "SH770": ShoulderHeight(716, 775, 860, (3, 5, 5)),
    "BD640_2": BandDepth(600, 624, 760, (5, 3, 5)),
    "BD860_2": BandDepth(755, 860, 977),
    "BD920_2": BandDepth(807, 920, 984),
    "RPEAK1": VisiblePeak(),
    "BDI1000VIS": VisiblePeak(833, 1023),
    "R440": Reflectance(440),
    "IRR1": ReflectanceRatio(800, 997),
    "BDI1000IR": IntegratedDepth(1020, 1255),
    "R1330": Reflectance(1330, 11),
    "OLINDEX3": BelowLine((1750, 1862), {1210: 0.1, 1250: 0.1, 1263: 0.2, 1276: 0.2, 1330: 0.4}),
    "LCPINDEX2": BelowLine((1560, 2450), {1690: 0.2, 1750: 0.2, 1810: 0.3, 1870: 0.3}),
    "HCPINDEX2": BelowLine((1690, 2530), {2120: 0.1, 2140: 0.1, 2230: 0.15, 2250: 0.3, 2430: 0.2, 2460: 0.15}, 7, ((2120, 5),)),
    "BD1300": BandDepth(1080, 1320, 1750, (5, 15, 5)),
    "VAR": LineVariance(1000, 2300),
    "ISLOPE1": Slope(1815, 2530),
    "BD1400": BandDepth(1330, 1395, 1467, (5, 3, 5)),
    "BD1435": _BD1435,
    "BD1500_2": _BD1500,
    "ICER1_2": OfTwo(_BD1435, _BD1500),
    "BD1750_2": BandDepth(1690, 1750, 1815, (5, 3, 5)),
    "BD1900_2": BandDepth(1850, 1930, 2067),
    "BD1900R2": DropOff((1815, 2132), (1908, 1914, 1921, 1928, 1934, 1941), (1862, 1869, 1875, 2112, 2120, 2126), 5, 1, 1),
    "BDI2000": IntegratedDepth(1660, 2390),
    "BD2100_2": BandDepth(1930, 2132, 2250, (3, 5, 3)),
    "BD2165": BandDepth(2120, 2165, 2230, (5, 3, 3)),
    "BD2190": BandDepth(2120, 2185, 2250, (5, 3, 3)),
    "MIN2200": Smaller(BandDepth(2120, 2165, 2350, (5, 3, 5)), BandDepth(2120, 2210, 2350, (5, 3, 5))),
    "BD2210_2": BandDepth(2165, 2210, 2290),
    "D2200": DropOff((1815, 2430), (2210, 2230), (2165,), 7, 7, 5),
    "BD2230": BandDepth(2210, 2235, 2252, (3, 3, 3)),
    "BD2250": BandDepth(2120, 2245, 2340, (5, 7, 3)),
    "MIN2250": Smaller(BandDepth(2165, 2210, 2350, (5, 3, 5)), BandDepth(2165, 2265, 2350, (5, 3, 5))),
    "BD2265": BandDepth(2210, 2265, 2340, (5, 3, 5)),
    "BD2290": BandDepth(2250, 2290, 2350),
    "D2300": DropOff((1815, 2530), (2290, 2320, 2330), (2120, 2170, 2210), 5, 3, 5),
    "BD2355": BandDepth(2300, 2355, 2450),
    "SINDEX2": ShoulderHeight(2120, 2290, 2400, (5, 7, 3)),
    "ICER2_2": BelowLine((2456, 2530), {2600: 1.0}, 5),
    "MIN2295_2480": Smaller(BandDepth(2165, 2295, 2364), BandDepth(2364, 2480, 2570)),
    "MIN2345_2537": Smaller(BandDepth(2250, 2345, 2430), BandDepth(2430, 2537, 2602)),
    "BD2500_2": BandDepth(2364, 2480, 2570),
    "BD3000": ExtendedSlope(3000, 2530, 2210),
    "BD3100": BandDepth(3000, 3120, 3250),
    "BD3200": BandDepth(3250, 3320, 3390),
    "BD3400_2": BandDepth(3250, 3420, 3630, (10, 15, 10)),
    "CINDEX2": ShoulderHeight(3450, 3610, 3875, (9, 11, 7)),
    "BD2600": BandDepth(2530, 2600, 2630),
    "IRR2": ReflectanceRatio(2530, 2210),
    "IRR3": ReflectanceRatio(3500, 3390, 7),
    "R530": Reflectance(530),
    "R600": Reflectance(600),
    "R1080": Reflectance(1080),
    "R1506": Reflectance(1506),
    "R2529": Reflectance(2529),
    "R3920": Reflectance(3920),
}
