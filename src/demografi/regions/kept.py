"""A region under the contract of every noun: its members as a table, kept in a file like any result."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import pandas as pd

from demografi.tables import Column, Contract, Result

__all__ = ["Region"]

MOST_NAMED = 12


class Region(Result):
    """The table of a region; what a file says it holds is this class's name."""

    CONTRACTS: ClassVar[Mapping[str, Contract]] = MappingProxyType(
        {"members": Contract("members", (Column("region", "text"), Column("name", "text", "mark")))}
    )

    @property
    def cautions(self) -> tuple[str, ...]:
        """What must be known about the borders or the membership."""
        return tuple(self.facts["region"]["notes"])

    def _headline(self) -> str:
        names = self.tables["members"]["name"].tolist()
        if names == [self.facts["region"]["name"]]:
            return f"code {self.facts['region']['code']} of {self.facts['region']['region_scheme']}"
        more = f" and {len(names) - MOST_NAMED} more (.to_frame())" if len(names) > MOST_NAMED else ""
        return f"{len(names)} members: {', '.join(names[:MOST_NAMED])}{more}"

    def _face_table(self) -> pd.DataFrame:
        return self.tables["members"].head(MOST_NAMED).set_index("region")
