"""How Sphinx makes the guide (`make docs`): of the Markdown pages of the whole repository, so that their links lead there, too."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import package  # noqa: E402

general = package.metadata(ROOT)
project, author = general["name"], general["author"]
release = version = general["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/index"
include_patterns = ["docs/**.md", "benchmarks/README.md", "benchmarks/pages/*.md", "[A-Z]*.md"]
exclude_patterns = ["build", "demo", ".*", "README.md"]

myst_heading_anchors = 4  # links to headings are GitHub's
autodoc_typehints = "none"  # the docstrings say types in words
#: Types of other packages, and words such as "path", have no page here; what is ours has to have one.
nitpick_ignore_regex = [("py:.*", r"(?!crism_gan_plugin).*")]

html_theme = "furo"
html_title = f"{project} {version}"
html_favicon = "../crism_gan_plugin/resources/icons/crism_gan.png"
html_show_copyright = False
html_copy_source = html_show_sourcelink = False
html_extra_path = ["start"]
