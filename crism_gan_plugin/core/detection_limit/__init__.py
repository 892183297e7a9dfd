"""What an image could have shown: absorptions are implanted into its own bland ground and mapped as it was.

Who lives here: `pipeline` (file to file), `of_map` (as the last step of a map), `source` (the map and its image, opened),
`regions` (noise and brightness), `ground` (how much is bland), `places` (bland pixels, chosen), `implants` (absorptions laid into
them, and mapped), `no_minerals` (what the map would not name), `curves` (shares found, and limits), `tables` (CSV), `statements`
(in words), `figures`.
Who may come in: batch, catalogue, cli.
"""
