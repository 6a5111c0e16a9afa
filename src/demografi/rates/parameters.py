"""What the whole country teaches one launch, stored so that one place can use it alone."""

from __future__ import annotations

from dataclasses import dataclass

from demografi.rates.pooling import Floats, Ints


@dataclass(frozen=True)
class Country:
    """Whole-country history known at launch; the last row of each array is the newest.

    Attributes
    ----------
    launch : first projected year begins on 1 January of this year
    population : (T, S, A) 1 January, last row the launch; sex 0 female [persons]
    deaths, exposure : (D, S, B) by calendar year, B ≥ A ages [deaths, person-years]
    last_death_year : calendar year of the last row of ``deaths``
    asfr : (F, A) children per woman and year
    death_rates, declines : (S, B) a schedule to use as it is instead of fitting the deaths: rates in the
        year of the launch and their yearly decline, or None
    official_growth : (H + 1, G) official persons by broad age over those at launch, or None
    official_groups : (A,) broad age group of each age, or None
    """

    launch: int
    population: Floats
    deaths: Floats
    exposure: Floats
    last_death_year: int
    asfr: Floats
    death_rates: Floats | None = None
    declines: Floats | None = None
    official_growth: Floats | None = None
    official_groups: Ints | None = None


@dataclass(frozen=True)
class Parameters:
    """Everything estimated from the whole country for one launch.

    Attributes
    ----------
    past_survival : (T, S, A) national survival in the years of the local history
    survival : (H, S, A) projected national survival
    infant : (H, S) projected survival from birth to the end of the year
    loss_scale : (T,) the nation's old-age losses over expected
    loss_prior, birth_prior : (K,) coefficients of the size basis
    loss_county, birth_county : (C,) county over prior
    loss_weight, birth_weight : (2,) weight of a place's prior and of a county's,
        in expected losses or children
    past_births : (T', A) national children per woman and year in the local base years
    births : (H, A) projected national children per woman and year
    migration_rate : (S, A) national net migrants per person-year
    yearly_rate : (T,) national net migration rate below old age in each past year
    county_rate : (T, C) counties' excess over it
    county_level : (H, C) predicted county excess
    level_variance : (3,) see `migration.level_variances`, of places within counties
    profile : (S, A) local excess at each age per unit of level
    shape_prior : (K, S, A) coefficients of the size basis
    shape_weight : (2, A) weight of the shape's prior, for what the sexes share and for
        their deviations [person-years]
    rake : (H, S, A) factors to the national control; ones without control
    """

    past_survival: Floats
    survival: Floats
    infant: Floats
    loss_scale: Floats
    loss_prior: Floats
    loss_county: Floats
    loss_weight: Floats
    past_births: Floats
    births: Floats
    birth_prior: Floats
    birth_county: Floats
    birth_weight: Floats
    migration_rate: Floats
    yearly_rate: Floats
    county_rate: Floats
    county_level: Floats
    level_variance: Floats
    profile: Floats
    shape_prior: Floats
    shape_weight: Floats
    rake: Floats


@dataclass(frozen=True)
class LocalRates:
    """What is specific to each place, given the parameters.

    Attributes
    ----------
    loss_ratio, birth_ratio : (R,) local over national old-age losses and births
    level : (H, R) predicted excess net migration per person-year
    shape : (R, S, A) remaining excess net migration per person-year
    slope : (R,) yearly change of inhabitants [persons]
    """

    loss_ratio: Floats
    birth_ratio: Floats
    level: Floats
    shape: Floats
    slope: Floats
