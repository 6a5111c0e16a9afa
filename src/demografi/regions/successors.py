"""Which municipality of 2024 the figures of another belong to, year by year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from demografi.errors import RegionError
from demografi.regions.rows import FOREVER, codes_in_use, divided, plain_code

__all__ = ["REST", "Weights", "in_use", "pieces", "successors"]

REST = "rest"
"""Code of the row that holds what no municipality of 2024 can be given."""


@dataclass(frozen=True)
class Weights:
    """A named choice of how to share a divided municipality's figures between its successors.

    Parameters
    ----------
    name
        What the choice is called, so that every figure resting on it can say so.
    shares
        (source code, target code) → share; the shares of each source sum to 1.
    source
        Where the shares come from.
    """

    name: str
    shares: Mapping[tuple[str, str], float] = field(repr=False)
    source: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise RegionError("The weights have no name.", hint="Weights('population at the split', shares)")
        for code in sorted({source for source, _ in self.shares}):
            shares = [share for (source, _), share in self.shares.items() if source == code]
            if abs(sum(shares) - 1) > 1e-6 or min(shares) < 0:
                raise RegionError(
                    f"The shares of {code} sum to {sum(shares):g}.",
                    where=f"Weights: {self.name}.",
                    hint="Shares are 0 to 1 and sum to 1, so that no one is lost or counted twice.",
                )


def successors(groups: Mapping[str, str] | None, changes: pd.DataFrame | None) -> pd.DataFrame:
    """Return ``code first_year last_year target divided``: the grouped list, then the shipped one, then chains."""
    shipped = codes_in_use()
    shared = divided()
    plain = shipped[~shipped["code"].isin(shared["code"])]
    cut = shipped[shipped["code"].isin(shared["code"])].drop(columns="target").drop_duplicates("code")
    links = pd.concat([plain, cut.merge(shared, on="code")], ignore_index=True)
    if groups:
        given = {plain_code(s): plain_code(t) for s, t in groups.items() if plain_code(t).lower() != REST}
        # A code that was divided stays so, even where a grouped list gives all of it to one receiver.
        moved = links["code"].isin(given) & ~links["code"].isin(shared["code"])
        links["target"] = links["target"].mask(moved, links["code"].map(given))
        links = links.drop_duplicates(["code", "target"])
        new = [code for code in given if code not in set(links["code"])]
        fresh = pd.DataFrame({"code": new, "first_year": 0, "last_year": FOREVER, "target": [given[c] for c in new]})
        links = pd.concat([links, fresh], ignore_index=True) if new else links
    if changes is not None:
        chains = changes.rename(columns={"source_code": "code", "target_code": "target"}).assign(first_year=0)
        fresh = chains[~chains["code"].isin(links["code"])]
        links = pd.concat([links, fresh[links.columns.tolist()]], ignore_index=True)
    return links.assign(divided=links.duplicated(["code", "last_year"], keep=False))


def in_use(own: pd.DataFrame, links: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Drop rows of codes that were not in use that year, which servers fill with zeros; refuse figures there."""
    code = own["region"].map(plain_code)
    grouped = code != own["region"]
    span = links.groupby("code").agg(first_year=("first_year", "min"), last_year=("last_year", "max"))
    used = (own["year"] >= code.map(span["first_year"])) & (own["year"] <= code.map(span["last_year"]))
    empty = own[measure].fillna(0) == 0
    wrong = own[~used & ~grouped & ~empty]
    if len(wrong):
        raise RegionError(
            f"{wrong.iloc[0]['region']} has figures for {wrong.iloc[0]['year']}, when the code was not in use.",
            where=[f"{r['region']} in {r['year']}: {r[measure]:g}" for r in wrong.head(6).to_dict("records")],
            hint="If the figures are already on the borders of 2024, use them as they are.",
        )
    return own.assign(code=code, grouped=grouped)[used | grouped]


def pieces(own: pd.DataFrame, links: pd.DataFrame, weights: Weights | None) -> pd.DataFrame:
    """Return one row per source row and successor, with its share.

    Added columns: ``target share``, ``needed`` (how many sources the successor has that year),
    ``affected`` (it receives part of a divided one, and no weights say how much) and ``quality``.
    """
    span = pd.DataFrame({"year": sorted(own["year"].unique())})
    years = span.merge(links, how="cross")
    years = years[(years["first_year"] <= years["year"]) & (years["year"] <= years["last_year"])]
    years = years.assign(needed=years.groupby(["year", "target"])["code"].transform("size"))
    ready = span.merge(links, how="cross").assign(needed=1)
    both = pd.concat([years.assign(grouped=False), ready.assign(grouped=True)], ignore_index=True)
    counted = pd.MultiIndex.from_frame(both[["year", "code"]]).isin(pd.MultiIndex.from_frame(own[["year", "code"]]))
    both = both.assign(share=_shares(both, weights, counted))
    touched = both["divided"].groupby([both["grouped"], both["year"], both["target"]]).transform("any")
    # A grouped code stands for its whole past; that another code gave its receiver a part is settled already.
    touched = touched.where(~both["grouped"], both["divided"])
    both["affected"] = touched & (weights is None)
    both["quality"] = touched.map({True: "split" if weights is None else f"split by {weights.name}", False: ""})
    columns = ["year", "code", "grouped", "target", "share", "needed", "affected", "quality"]
    return own.drop(columns="quality").merge(both[columns], on=["year", "code", "grouped"], how="left")


def _shares(years: pd.DataFrame, weights: Weights | None, counted: np.ndarray) -> np.ndarray:
    if weights is None:
        # Unshared figures go to the rest whole: they are carried by one of the successors, none of which gets a value.
        return np.asarray(~years.duplicated(["grouped", "year", "code"]), dtype="float64")
    pairs = list(zip(years["code"], years["target"], strict=True))
    lacking = sorted(
        {p for p, cut in zip(pairs, years["divided"] & counted, strict=True) if cut and p not in weights.shares}
    )
    covered = {source for source, _ in weights.shares}
    open_codes = [pair for pair in lacking if pair[0] not in covered]
    if open_codes:
        raise RegionError(
            f"The weights '{weights.name}' say nothing of {open_codes[0][0]}, which was divided.",
            where=f"It went to {', '.join(target for code, target in open_codes if code == open_codes[0][0])}.",
            hint=f"Give shares for ({open_codes[0][0]!r}, {open_codes[0][1]!r}) and the others.",
        )
    strange = sorted(pair for pair in weights.shares if pair[0] in set(years["code"]) and pair not in set(pairs))
    if strange:
        raise RegionError(
            f"The weights '{weights.name}' give a share of {strange[0][0]} to {strange[0][1]}, which received none.",
            hint="See the successors with regions.harmonise(table) first.",
        )
    shares = [weights.shares.get(p, 0.0) if cut else 1.0 for p, cut in zip(pairs, years["divided"], strict=True)]
    return np.array(shares)
