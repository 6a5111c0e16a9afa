"""How the documentation site is built: `make docs`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "demografi"
author = "The demografi developers"
html_title = "demografi"
language = "en"

extensions = ["myst_nb", "sphinx_design", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["_build"]

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist"]
# Notebooks are run when the site is built, so that what it shows is what they give.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_execution_excludepatterns = ["*.md"]

add_module_names = False
python_use_unqualified_type_names = True
autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_ivar = True
autosummary_generate = True

html_theme = "pydata_sphinx_theme"
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": []}
html_copy_source = False
html_show_sourcelink = False


def specs_here(_app: object, _page: str, source: list[str]) -> None:
    """Lead links to the drawn tables of the tests to the page they are shown on."""
    source[0] = re.sub(r"\((?:\.\./)+tests/specs/\w+\.md\)", "(_made/counts.md)", source[0])


def setup(app: Sphinx) -> None:
    """Register the above."""
    app.connect("source-read", specs_here)
