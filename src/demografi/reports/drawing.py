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
        Made if it is not there: PNG and SVG of ``<name>``, of ``<name>_document`` without words, and of
        ``<name>_half``, which is as wide as half a page or a telephone.
    alone
        Whether the one with words is wanted.
    """
    from demografi import plots

    if alone:
        plots.save(figure.draw(language=language), folder / figure.name, alt=figure.words.alt)
    for name, size in (("document", "bred"), ("half", "halv")):
        inside = figure.draw(language=language, variant="document", size=size)
        plots.save(inside, folder / f"{figure.name}_{name}", alt=figure.words.alt)
