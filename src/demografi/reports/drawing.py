"""The figures of a chapter as files."""

from __future__ import annotations

from pathlib import Path

from demografi.reports.content import Figure

__all__ = ["draw"]


def draw(figure: Figure, folder: Path, language: str, *, alone: bool = True) -> None:
    """Draw a figure to stand alone, and again without words for where these are text round it.

    Parameters
    ----------
    folder
        Made if it is not there: ``<name>.png`` and ``.svg``, ``<name>_document.png`` and ``.svg``.
    alone
        Whether the one with words is wanted.
    """
    from demografi import plots

    if alone:
        plots.save(figure.draw(language=language), folder / figure.name, alt=figure.words.alt)
    inside = figure.draw(language=language, variant="document")
    plots.save(inside, folder / f"{figure.name}_document", alt=figure.words.alt)
