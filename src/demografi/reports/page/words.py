"""The rows of the label table that the page's script fills."""

from __future__ import annotations

__all__ = ["WORDS"]

SAID = (
    "page_state page_said page_say_users page_say_jump page_say_person_years page_say_gap_same interval_said "
    "page_band page_address_refused page_year_refused page_held "
    "say_population say_old_causes say_support say_support_alone say_no_person_years say_nurses more_by fewer_by and"
)
KEYS = (
    "key_old key_users key_person_years key_nurses key_support key_span_percent key_span key_need_detail key_gap_detail"
)
FIGURES = (
    "old_title_unchanged pyramid_title_times pyramid_title_more pyramid_title_fewer pyramid_subtitle "
    "support_title support_subtitle "
    "users_title_more users_title_fewer users_subtitle municipalities_title municipalities_title_same "
    "municipalities_title_one municipalities_subtitle coverage_title_fall coverage_title_rise coverage_subtitle "
    "gap_title gap_title_surplus gap_subtitle page_alt_pyramid page_alt_support_ratio page_alt_users "
    "page_alt_municipalities page_alt_coverage page_alt_nurse_gap"
)
DRAWN = (
    "men women registered projected registered_lower projected_lower projected_year value_in_year change increase "
    "percent_heading own_projection_short coverage_both coverage_home coverage_long_stay person_years_in departure_to "
    "recruitment left_in uncovered surplus need_in times_half times_unchanged times_nearly_double times_double "
    "times_more_than_double"
)
TABLES = (
    "page_table page_age page_year page_municipality page_kind column_value column_step person_years_heading lower "
    "upper"
)

WORDS = tuple(f"{SAID} {KEYS} {FIGURES} {DRAWN} {TABLES}".split())
"""Keys of the label table, in the order they stand in the page."""
