"""Names of places as people type them: parts of parallel names, and letters without their marks."""

from __future__ import annotations

import re
import unicodedata
from itertools import product

__all__ = ["parts_of", "slug", "split_name", "ways_to_type"]

_PLAIN = str.maketrans("øåđŋŧ", "oadnt", "") | {ord("æ"): "ae"}
# How a letter may be typed where the keyboard lacks it; other letters lose their mark.
_TYPED = {"å": ("å", "a", "aa"), "æ": ("æ", "ae")}
_BETWEEN_PARTS = re.compile(r"\s+[-–]\s+|\s*[/–]\s*")


def slug(name: str) -> str:
    """Return a name as lower-case ASCII with hyphens.

    Examples
    --------
    >>> slug("Nord-Gudbrandsdalen"), slug("Ørland, Frøya")
    ('nord-gudbrandsdalen', 'orland-froya')
    """
    letters = name.lower().translate(_PLAIN)
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def split_name(name: str) -> list[str]:
    """Return the parts of a parallel name; a hyphen inside a name parts nothing.

    Examples
    --------
    >>> split_name("Storfjord – Omasvuotna – Omasvuono"), split_name("Deatnu/Tana"), split_name("Sør-Odal")
    (['Storfjord', 'Omasvuotna', 'Omasvuono'], ['Deatnu', 'Tana'], ['Sør-Odal'])
    """
    return _BETWEEN_PARTS.split(name)


def parts_of(name: str) -> list[str]:
    """Return a parallel name and its parts, or a plain name alone."""
    return list(dict.fromkeys((name, *split_name(name))))


def ways_to_type(name: str) -> list[str]:
    """Return a name in small letters, with and without the marks on its letters.

    Examples
    --------
    >>> ways_to_type("Bø"), ways_to_type("Hå")
    (['bø', 'bo'], ['hå', 'ha', 'haa'])
    """
    letters = [_TYPED.get(letter) or dict.fromkeys((letter, slug(letter) or letter)) for letter in name.casefold()]
    return ["".join(chosen) for chosen in product(*letters)]
