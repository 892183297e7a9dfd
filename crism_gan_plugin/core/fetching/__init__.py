"""The archive: products found by name or place, and fetched.

Who lives here: `pipeline` (from names or an area to files); `names` (ids that were given), `area` (where to look), `query` (the
archive asked), `answers` (what it tells); `transport` (the protocol), `manners` (when to try again), `workers` (four at a time);
`download` (one file, resumed and checked), `sizes` (how long it must be), `footprints` (the layer), `style`
(how it looks).
Who may come in: batch, cli.
"""
