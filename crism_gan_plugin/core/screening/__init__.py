"""Is it anywhere in this image? A library's minerals, asked for in many images, as one table: triage before any map.

Who lives here: `pipeline` (files to file); `levelled` (the image as it is asked), `windows_best` (where each mineral is explained
best), `verdict` (what that means), `table` (CSV).
Who may come in: cli.
"""
