"""Summary parameters and browse products: absorptions as single numbers, and as colours.

Who lives here: `pipeline` (file to file); `table` (the sixty formulas), `formulas` (their kinds), `browse` (the eighteen products);
`plan` (what an image can give), `channels` (the numbers that formulas take), `medians`, `stretch` (numbers as colours), `delivered`
(what the archive has made already).
Who may come in: cli, endmembers, methods.
"""
