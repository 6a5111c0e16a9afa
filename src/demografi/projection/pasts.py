"""Who came and left in the counted years, as far as stocks tell: what deaths do not explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi.projection.arrays import SEXES, as_array
from demografi.projection.fitting import fit
from demografi.projection.histories import histories_of
from demografi.rates.local import local_loss_ratio
from demografi.rates.migration import age_on, residuals
from demografi.rates.mortality import local_survival

if TYPE_CHECKING:
    from demografi.observed import Observed
    from demografi.rates.pooling import Floats

__all__ = ["past_net_migration"]


def past_net_migration(observed: Observed) -> pd.DataFrame:
    """Estimate net migrants of every counted year as what deaths do not explain of a cohort's change.

    Net(x, t) = P(x, 1 January t + 1) − P(x − 1, 1 January t) · survival. Survival is that of the projection's own past
    ten years with the local level; before them its decline is carried further back. Children born in the year are not
    counted, and corrections of the register are.

    Returns
    -------
    pandas.DataFrame
        ``region year sex age net_migration`` [persons in the calendar year], age at the end of the year, from 1. Only
        years of which a place has both ends.

    Raises
    ------
    TableError
        A place has too short a history for rates.
    """
    frames = []
    members = observed.region.members
    histories = histories_of(observed, members)
    fitted = fit(observed, histories, 1, {})
    for history in histories:
        counties = fitted.counties[[members.index(code) for code in history.regions]]
        ratio = local_loss_ratio(history.stocks, counties, fitted.parameters, fitted.settings)
        for place, code in enumerate(history.regions):
            stock, first = _counted(observed, code)
            before = _carried_back(fitted.parameters.past_survival, len(stock) - 1)
            survived = local_survival(before, ratio[place : place + 1], fitted.settings.mortality)
            frames.append(_long(residuals(stock, survived)[:, 0], code, first))
    return pd.concat(frames, ignore_index=True)


def _counted(observed: Observed, code: str) -> tuple[Floats, int]:
    """Return the stocks (T, 1, S, A) of the years in a row up to the last, and the first of them."""
    table = observed.population
    table = table[table["region"] == code]
    missing = table[table["persons"].isna()]["year"]
    first = int(table["year"].min() if missing.empty else missing.max() + 1)
    years = np.arange(first, observed.last_year + 1)
    return as_array(table, "persons", years, (code,)), first


def _carried_back(survival: Floats, n_years: int) -> Floats:
    """Return survival (T, S, A) of so many years: earlier ones by the change between the first two."""
    kept = survival[-n_years:]
    hazard = -np.log(np.clip(survival[:2], 1e-12, 1.0))
    step = np.where(hazard[1] > 0, hazard[0] / np.maximum(hazard[1], 1e-12), 1.0)
    back = np.arange(max(n_years - len(survival), 0), 0, -1)
    earlier = np.exp(-hazard[0] * step ** back[:, None, None])
    return np.concatenate([earlier, kept])


def _long(net: Floats, code: str, first: int) -> pd.DataFrame:
    """Lay net migrants (T, S, A by age at the start) out by age at the end."""
    index = pd.MultiIndex.from_product(
        [[code], range(first, first + len(net)), SEXES, range(net.shape[-1])], names=["region", "year", "sex", "age"]
    )
    table = pd.DataFrame({"net_migration": age_on(net).reshape(-1)}, index=index).reset_index()
    return table[table["age"] > 0].reset_index(drop=True)
