"""Choices of the projection engine, each with its unit; nothing here is fitted."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class MortalitySettings:
    """How national and local mortality are measured and continued."""

    trend_windows: tuple[int, ...] = (10, 30)
    """Lengths of the trend windows; the declines are averaged [years]."""
    trend_groups: tuple[tuple[int, int], ...] = ((65, 69), (70, 74), (75, 79), (80, 84), (85, 89))
    """Closed age groups whose slopes are averaged [years of age]."""
    level_years: int = 3
    """Calendar years pooled for the level [years]."""
    fade_from: int = 85
    fade_to: int = 100
    """The decline is full up to ``fade_from`` and zero from ``fade_to`` [years of age]."""
    pool_sexes: float = 1.0
    """0: own decline for each sex, 1: common decline [share]."""
    kannisto_fit: tuple[int, int] = (80, 100)
    kannisto_blend: tuple[int, int] = (88, 96)
    """Ages of the Poisson fit; ages where the closing takes over [years of age]."""
    carry_from: int = 60
    """Where deaths end before launch, cohort losses scale rates from this age."""
    loss_from: int = 75
    """Cohort losses from this age measure local old-age mortality [years of age]."""
    loss_years: int = 10
    ratio_from: int = 50
    ratio_to: int = 65
    """The local ratio acts not at all at ``ratio_from``, fully from ``ratio_to``."""


@dataclass(frozen=True)
class LossSettings:
    """How a country's own tables give national mortality; Norway's is fitted on the Human Mortality Database."""

    from_age: int = 60
    """Without deaths, cohort losses stand for them from this age; a curve goes on below [years of age]."""
    oldest_from: int = 78
    oldest_to: int = 100
    """Starting ages of the curve that closes the table [years of age]."""
    curve_weight: float = 30.0
    """Weight of the curve at one sex and age [deaths]."""
    common_decline: float = 0.017
    common_spread: float = 0.007
    """Mean yearly decline at 65–89 in 22 countries of low mortality, 1960–2015, and how far the next decade of one
    of them was from it, root mean square over 198 decades (UN WPP 2024). There, half of a decade's own departure
    was left in the next; a step of 2 % from year to year, which is common, gives that half [per year]."""
    infant_rate: float = 0.003
    least_hazard: float = 1e-4
    """Where nothing is registered and the curve goes under it [per person-year]."""


@dataclass(frozen=True)
class FertilitySettings:
    """How national and local fertility are measured and continued."""

    shape_years: int = 4
    level_years: int = 1
    """Years averaged for the national level [years]."""
    local_years: int = 3
    share_boys: float = 0.5135
    standard_mean: float = 30.0
    standard_sd: float = 5.5
    """Normal schedule over mothers' age where no births by age are given; its level is the country's own [years]."""


@dataclass(frozen=True)
class MigrationSettings:
    """How local net migration is measured, pooled and continued."""

    years: int = 10
    decay: float = 0.9
    """Weight of a year relative to the year after it [ratio]."""
    level_memory: tuple[float, float] = (0.9, 0.5)
    """Yearly autocorrelation of the lasting and the passing part of the level."""
    most_shape_weight: float = 5000.0
    """Largest weight of the shape's prior in one sex and age [person-years]."""
    smooth_sd: float = 2.0
    """Standard deviation of the kernel over age [years of age]."""
    fade_from: int = 65
    fade_to: int = 75
    """Migration is full up to ``fade_from`` and zero from ``fade_to``."""


@dataclass(frozen=True)
class ControlSettings:
    """How the nation is projected and how local totals are damped."""

    use: bool = True
    """Rake places to a national control; False lets places sum to what they sum to."""
    migration_years: tuple[int, ...] = (20,)
    """Base lengths of national net migration; the means are averaged [years]."""
    migration_memory: float = 0.9
    """Today's level decays to the base with this ratio a year (docs/decisions/0008)."""
    migration_innovation: float = 0.0011
    """How much a country's yearly net migration moves from one year to the next [persons per inhabitant]."""
    migration_chance: float = 0.4
    """Chance in net migration × root of inhabitants: gross moves of 5 % each way, households together [persons]."""
    official_share: float = 0.5
    """Weight of the official national projection where one is given [share]."""
    trend_share: float = 0.25
    trend_years: tuple[int, ...] = (10,)
    trend_damping: float = 0.95
    """Weight, base lengths [years] and yearly damping of the local linear trend."""
    trend_to: int = 67
    """Ages below this are scaled to the blended total [years of age]."""


@dataclass(frozen=True)
class Settings:
    """All choices of the engine."""

    mortality: MortalitySettings = field(default_factory=MortalitySettings)
    fertility: FertilitySettings = field(default_factory=FertilitySettings)
    migration: MigrationSettings = field(default_factory=MigrationSettings)
    control: ControlSettings = field(default_factory=ControlSettings)
    losses: LossSettings = field(default_factory=LossSettings)
    size_centre: float = 8.7
    size_scale: float = 1.2
    size_knot: float = 0.8
    """Standardisation of log inhabitants, and the knot for the largest places."""
