"""How a page looks, on a screen and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light; }
body {
  font: 14px/1.45 "Source Sans 3", "Helvetica Neue", Arial, sans-serif;
  color: #1a1a1a;
  background: #fff;
  margin: 0 auto;
  padding: 24px;
  max-width: 940px;
}
h1 { font-size: 25px; margin: 0 0 2px; }
h2 { font-size: 19px; border-bottom: 1px solid #bbb; margin: 30px 0 10px; }
h3 { font-size: 16px; margin: 18px 0 6px; }
.of { color: #555; margin: 0 0 12px; overflow-wrap: anywhere; }
.warning { border-left: 5px solid #b00; background: #fff2f0; padding: 6px 12px; margin: 6px 0; overflow-wrap: anywhere; }
.note, .missing { color: #444; overflow-wrap: anywhere; }
.note { margin: 3px 0; }
.caption, figcaption { color: #444; font-size: 12.5px; }
table { border-collapse: collapse; font-size: 12.5px; margin: 6px 0; }
th, td { padding: 2px 9px 2px 0; text-align: left; vertical-align: top; }
thead th { border-bottom: 1.5px solid #333; font-weight: 600; }
tbody tr { border-bottom: 1px solid #e4e4e4; }
tfoot { display: table-row-group; }
tfoot td { border-top: 1.5px solid #333; font-weight: 600; }
.classes :is(td, th):nth-child(n+4),
.deposits :is(td, th):nth-child(n+3):nth-child(-n+5),
.deposits :is(td, th):nth-child(n+7):nth-child(-n+9) {
  text-align: right;
  font-variant-numeric: tabular-nums;
}
.plain thead { display: none; }
.plain td { overflow-wrap: anywhere; }
.plain td:first-child { white-space: nowrap; color: #444; }
code { font-size: 11.5px; }
.swatch {
  display: inline-block;
  width: 13px;
  height: 13px;
  border: 1px solid #444;
  margin-right: 6px;
  vertical-align: -2px;
  print-color-adjust: exact;
  -webkit-print-color-adjust: exact;
}
.legend { columns: 4 190px; list-style: none; padding: 0; margin: 8px 0; font-size: 12.5px; }
.legend li { break-inside: avoid; }
svg { width: 100%; height: auto; font: 10.5px "Source Sans 3", "Helvetica Neue", Arial, sans-serif; overflow: visible; }
.pixels { image-rendering: pixelated; }
.row { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: flex-start; }
figure { margin: 6px 0; }
.histogram { width: 340px; }
.map, .spectra, figure, h2, h3 { break-inside: avoid; }
h2, h3 { break-after: avoid; }
@page { margin: 14mm; }
@media print {
  body { padding: 0; max-width: none; font-size: 11px; }
  table, .legend, .caption, figcaption { font-size: 9.5px; }
  .map { text-align: center; }
  .map svg { max-height: 195mm; }
}
"""
