"""What results of a region share: the region itself, and the sum of its members."""

from __future__ import annotations

from typing import Self

from demografi.regions.places import OWN, Region
from demografi.tables import Result

__all__ = ["OfRegion", "Summable"]


class OfRegion(Result):
    """A result whose rows are places of one region."""

    @property
    def region(self) -> Region:
        """The region these figures are of."""
        return Region.from_dict(self.facts["region"])

    @property
    def region_scheme(self) -> str:
        """The code list and borders of the codes in ``region``."""
        return self.region.region_scheme


class Summable(OfRegion):
    """A result whose measures may be added over places."""

    def total(self) -> Self:
        """Return the sum of the members as one region; where a part is missing the sum is missing."""
        whole = Region(self.region.code, self.region.name, (self.region.code,), OWN, (self.region.name,))
        facts = {**self.facts, "region": whole.to_dict()}
        return type(self)(self._summed(whole.code), facts, self.own_sources, self.own_cautions, self.rests_on)
