"""How a result looks in a notebook: what it is, a few of its rows, a small figure; plain HTML, no scripts."""

from __future__ import annotations

import base64
from html import escape
from typing import Any

import pandas as pd

__all__ = ["as_html", "years_shown"]

FIGURE_WIDTH = 460
MOST_YEARS = 5


def as_html(text: str, table: pd.DataFrame | None, drawn: Any) -> str:
    """Set the lines of a plain-text face, a table and a figure under each other.

    Parameters
    ----------
    text
        First line what it is, then a line each of headline, source and caution.
    table
        Few rows, its index and columns ready to be read; whole numbers have no decimals.
    drawn
        What ``plot()`` gave, or None.
    """
    scope, *rest = text.split("\n  ")
    html = f"<strong>{escape(scope)}</strong>" + "".join(f"<br>{escape(line)}" for line in rest)
    if table is not None:
        table = table.rename_axis(columns=str(table.index.name)).rename_axis(index=None)
        html += table.to_html(border=0, float_format=_number, na_rep="")
    return html + (_figure(drawn) if drawn is not None else "")


def years_shown(first: int, last: int) -> list[int]:
    """Return at most five years of a span, first and last among them.

    Examples
    --------
    >>> years_shown(2026, 2040), years_shown(2026, 2028)
    ([2026, 2030, 2033, 2036, 2040], [2026, 2027, 2028])
    """
    steps = min(last - first, MOST_YEARS - 1)
    return [first + round(n * (last - first) / steps) for n in range(steps + 1)] if steps else [first]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")


def _figure(drawn: Any) -> str:
    picture, size = drawn._repr_png_()
    height = round(FIGURE_WIDTH * size["height"] / size["width"])
    alt = escape(drawn.get_figure(root=True).words.alt, quote=True)
    coded = base64.b64encode(picture).decode("ascii")
    return f'<img src="data:image/png;base64,{coded}" width="{FIGURE_WIDTH}" height="{height}" alt="{alt}">'
