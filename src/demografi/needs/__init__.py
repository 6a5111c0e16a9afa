"""Persons to users and person-years: coverage by service and age group, constant unless told otherwise."""

from demografi.needs.bridges import bridge, ministry_bridge
from demografi.needs.budget import demographic_cost, persons_with_dementia, round_the_clock_places
from demografi.needs.counts import breaks, services
from demografi.needs.departing import Departure, departure, departures
from demografi.needs.drawing import person_year_draws, user_draws
from demografi.needs.figures import figure_words
from demografi.needs.making import need
from demografi.needs.noun import Need
from demografi.needs.standards import age_weighted

__all__ = [
    "Departure",
    "Need",
    "age_weighted",
    "breaks",
    "bridge",
    "demographic_cost",
    "departure",
    "departures",
    "figure_words",
    "ministry_bridge",
    "need",
    "person_year_draws",
    "persons_with_dementia",
    "round_the_clock_places",
    "services",
    "user_draws",
]
