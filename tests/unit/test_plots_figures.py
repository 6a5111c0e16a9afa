"""Every figure passes its checks: few and many rows, long names, all sizes, all languages."""

import math

import numpy as np
import pandas as pd
import pytest

from demografi import plots
from demografi.plots import Words

SIZES = ("bred", "halv", "lysbilde")
LANGUAGES = ("nb", "nn", "en")
NAMES = ("Trondheim – Tråante", "Nord-Aurdal", "Hitra", "Frøya", "Unjárga – Nesseby", "Aurskog-Høland")

WORDS = Words(
    title="Fleire eldre på Hitra og i Trondheim – Tråante fram til 2040",
    subtitle="Brukere av hjemmetjenester eller institusjon, 80 år og eldre. Antall personer",
    note="Framskrevet med uendret dekningsgrad, hovedalternativet (MMMM). Sortert etter økning i antall.",
    source="Kilde: SSB, tabell 07459, oppdatert 01.02.2026, hentet 03.03.2026. Beregninger: demografi 0.1.0.",
    alt="Figur med oppdiktede tall. Den brukes bare i prøver.",
)


def names_of(n):
    return [NAMES[i] if i < len(NAMES) else f"Kommune {i}" for i in range(n)]


def people():
    rows = []
    for year, older in ((2026, 0), (2045, 6)):
        for sex, shift in (("male", 0), ("female", 2)):
            for age in range(106):
                rows.append((year, sex, age, 200 / (1 + math.exp((age - 80 - shift - older) / 6))))
    return pd.DataFrame(rows, columns=["year", "sex", "age", "persons"])


def series(first=2015, turn=2025, last=2050, level=1500.0):
    years = list(range(first, last + 1))
    kinds = ["registered" if year <= turn else "projected" for year in years]
    values = [level * (1 + 0.01 * (year - first) + 0.03 * max(year - turn, 0)) for year in years]
    return pd.DataFrame({"year": years, "value": values, "kind": kinds})


def band_of(table, width=0.01):
    coming = table[table["kind"] == "projected"]
    steps = np.arange(1, len(coming) + 1) * width
    return pd.DataFrame(
        {
            "year": coming["year"],
            "low": coming["value"] * (1 - steps / 2),
            "high": coming["value"] * (1 + steps),
        }
    )


def municipalities(n):
    starts = [3 + 17 * (i % 9) + 200 * (i == 0) for i in range(n)]
    ends = [round(s * (1.9 if i % 4 else 0.8)) for i, s in enumerate(starts)]
    return pd.DataFrame({"name": names_of(n), "start": starts, "end": ends})


STEPS = [
    ("Årsverk i 2025", 1860.0, "level"),
    ("Avgang fram til 2040", -690.0, "departure"),
    ("Rekruttering i dagens takt", 770.0, "recruitment"),
    ("Årsverk i 2040", 1940.0, "level"),
    ("Udekket", 1130.0, "gap"),
    ("Behov i 2040", 3070.0, "need"),
]


def lines(n, first=2015, last=2040):
    years = range(first, last + 1)
    return pd.DataFrame(
        [(name, year, 8 + i % 7 - 0.1 * (year - first)) for i, name in enumerate(names_of(n)) for year in years],
        columns=["name", "year", "value"],
    )


def whole(first=2015, last=2040):
    years = list(range(first, last + 1))
    return pd.DataFrame({"year": years, "value": [10 - 0.12 * (year - first) for year in years]})


def staff(n):
    groups = ("Under 35", "35–44", "45–54", "55–61", "62 og eldre")
    names = ["Lakseregionen", *names_of(n)]
    rows = [(name, g, 8.0 + i + (j * 3) % 5) for i, name in enumerate(names) for j, g in enumerate(groups)]
    return pd.DataFrame(rows, columns=["name", "group", "persons"])


def grid(n):
    rows = [(name, i // 5, i % 5, 60 + 4 * i) for i, name in enumerate(names_of(n))]
    return pd.DataFrame(rows, columns=["name", "row", "column", "value"])


def texts_of(axes):
    return [text.get_text() for text in axes.figure.texts]


@pytest.mark.parametrize("variant", ["standalone", "document"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pyramid_passes_its_checks(language, size, variant):
    axes = plots.pyramid(people(), 2026, 2045, WORDS, language=language, size=size, variant=variant)
    assert plots.problems(axes) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["alternatives", "interval"])
def test_a_history_passes_its_checks(language, size, kind):
    table = series()
    axes = plots.history(
        table,
        WORDS,
        marks=[2019, 2025, 2040],
        low_high=band_of(table),
        band_kind=kind,
        band_label="80 % prediksjonsintervall" if kind == "interval" else "",
        end_label="Hovedalternativet",
        language=language,
        size=size,
        variant="document" if language == "nn" else "standalone",
    )
    assert plots.problems(axes) == []


@pytest.mark.parametrize(
    ("n", "language", "size"),
    [
        *((n, language, size) for n, language in ((1, "nb"), (2, "nn"), (10, "en"), (10, "nn")) for size in SIZES),
        (25, "nb", "bred"),
        (25, "en", "halv"),
    ],
)
def test_a_dumbbell_passes_its_checks(n, language, size):
    table = municipalities(n)
    total = ("Lakseregionen", float(table["start"].sum()), float(table["end"].sum()))
    axes = plots.dumbbell(table, total, "2019", "2040", WORDS, emphasise=[NAMES[0]], language=language, size=size)
    assert plots.problems(axes) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_waterfall_passes_its_checks(language, size):
    assert plots.problems(plots.waterfall(STEPS, WORDS, language=language, size=size)) == []


@pytest.mark.parametrize(
    ("n", "language", "size"),
    [
        (1, "nb", "bred"),
        (2, "nn", "halv"),
        (4, "en", "lysbilde"),
        (10, "nb", "bred"),
        (10, "nn", "lysbilde"),
        (25, "en", "bred"),
    ],
)
def test_a_comparison_passes_its_checks(n, language, size):
    axes = plots.comparison(lines(n), WORDS, focus=NAMES[0], projected_from=2026, language=language, size=size)
    assert plots.problems(axes) == []


@pytest.mark.parametrize(
    ("n", "language", "size"),
    [
        (1, "nb", "bred"),
        (2, "nn", "halv"),
        (6, "en", "bred"),
        (10, "nb", "bred"),
        (10, "en", "lysbilde"),
        (10, "nn", "halv"),
        (15, "nb", "bred"),
    ],
)
def test_small_multiples_pass_their_checks(n, language, size):
    axes = plots.small_multiples(lines(n), whole(), WORDS, projected_from=2026, language=language, size=size)
    assert plots.problems(axes) == []
    assert len(axes.figure.axes) == n


@pytest.mark.parametrize(
    ("n", "language", "size"),
    [(1, "nb", "bred"), (2, "nn", "lysbilde"), (10, "en", "bred"), (25, "nb", "bred")],
)
def test_shares_pass_their_checks(n, language, size):
    axes = plots.shares(
        staff(n),
        WORDS,
        total="Lakseregionen",
        focus=["55–61", "62 og eldre"],
        focus_label="55+",
        language=language,
        size=size,
    )
    assert plots.problems(axes) == []


@pytest.mark.parametrize(
    ("n", "language", "size"),
    [(1, "nb", "bred"), (2, "nn", "lysbilde"), (10, "en", "bred"), (30, "nb", "bred")],
)
def test_tiles_pass_their_checks(n, language, size):
    axes = plots.tiles(
        grid(n),
        WORDS,
        limits=(70, 80, 90, 100),
        heading="Prosent vekst",
        context=[("Lakseregionen", 97), ("Hele landet", 88)],
        unit="%",
        signed=True,
        language=language,
        size=size,
    )
    assert plots.problems(axes) == []


def test_the_projected_line_begins_at_the_last_registered_point():
    axes = plots.history(series(), WORDS)
    thick = [line for line in axes.lines if line.get_linewidth() == 2.2]
    coming, past = thick
    assert (coming.get_xdata()[0], coming.get_ydata()[0]) == (past.get_xdata()[-1], past.get_ydata()[-1])


def test_a_history_says_the_values_asked_for_and_starts_at_nought():
    axes = plots.history(series(), WORDS, marks=[2019, 2040], end_label="Hovedalternativet")
    texts = texts_of(axes)
    assert "1\u00a0560" in texts
    assert "2\u00a0550 i 2040" in texts
    assert {"Registrert", "Framskrevet", "Hovedalternativet"} <= set(texts)
    assert axes.get_ylim()[0] == 0


def test_no_band_is_drawn_when_none_is_given():
    assert len(plots.history(series(), WORDS).collections) == 0
    assert len(plots.history(series(), WORDS, low_high=band_of(series()), band_label="80 %").collections) == 1


def test_an_interval_is_drawn_unlike_alternatives_and_names_its_level():
    table = series()
    drawn = {
        kind: plots.history(table, WORDS, low_high=band_of(table), band_kind=kind, band_label=words)
        for kind, words in (("alternatives", ""), ("interval", "80 % prediksjonsintervall"))
    }
    edges = {kind: [line for line in axes.lines if line.get_linewidth() == 0.8] for kind, axes in drawn.items()}
    assert [line.is_dashed() for line in edges["interval"]] == [True, True]
    assert [line.is_dashed() for line in edges["alternatives"]] == [False, False]
    assert "80 % prediksjonsintervall" in texts_of(drawn["interval"])
    assert "Høy nasjonal vekst" in texts_of(drawn["alternatives"])


@pytest.mark.parametrize(
    "table", [series(last=2025), series(turn=2014), series(first=2025, last=2025), series(level=0.0)]
)
def test_a_history_of_only_one_kind_one_year_or_nought_is_drawn(table):
    assert plots.problems(plots.history(table, WORDS)) == []


def test_a_missing_municipality_is_an_empty_row_that_says_so():
    table = municipalities(3)
    table.loc[1, "start"] = np.nan
    axes = plots.dumbbell(table, None, "2019", "2040", WORDS)
    assert plots.problems(axes) == []
    assert "mangler" in texts_of(axes)
    assert texts_of(axes).count("..") == 2


def test_growth_from_nought_has_no_per_cent():
    table = pd.DataFrame({"name": ["A", "B"], "start": [0.0, 10.0], "end": [5.0, 10.0]})
    axes = plots.dumbbell(table, None, "2019", "2040", WORDS)
    assert plots.problems(axes) == []
    assert "." in texts_of(axes)


def test_a_fall_is_headed_change_and_a_rise_increase():
    rise = pd.DataFrame({"name": ["A"], "start": [10.0], "end": [20.0]})
    fall = pd.DataFrame({"name": ["A"], "start": [20.0], "end": [10.0]})
    assert "Økning" in texts_of(plots.dumbbell(rise, None, "2019", "2040", WORDS))
    drawn = texts_of(plots.dumbbell(fall, None, "2019", "2040", WORDS))
    assert {"Endring", "−10", "−50\u00a0%"} <= set(drawn)


def test_a_surplus_is_named_and_coloured_as_one():
    steps = [("Nå", 50.0, "level"), ("Udekket", -5.0, "gap"), ("Behov", 45.0, "need")]
    axes = plots.waterfall(steps, WORDS, language="nn")
    assert "Overskot" in texts_of(axes)
    assert "Udekket" not in texts_of(axes)
    assert axes.patches[1].get_facecolor() == axes.patches[0].get_facecolor()


def test_the_bars_of_a_waterfall_float_where_the_row_above_ended():
    axes = plots.waterfall(STEPS, WORDS)
    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches]
    assert spans == [(0, 1860), (1170, 1860), (1170, 1940), (0, 1940), (1940, 3070), (0, 3070)]


def test_a_pyramid_adds_up_old_and_working_ages_from_single_years():
    table = people()
    table["persons"] = 10.0
    table.loc[(table["year"] == 2045) & (table["age"] >= 80), "persons"] = 15.0
    texts = texts_of(plots.pyramid(table, 2026, 2045, WORDS))
    assert {"520", "780", "+50\u00a0%", "940", "0\u00a0%"} <= set(texts)
    assert {"Menn", "Kvinner", "95+", "80 år og eldre", "20–66 år"} <= set(texts)


def test_both_sides_of_a_pyramid_have_one_scale():
    men, women = plots.pyramid(people(), 2026, 2045, WORDS).figure.axes
    assert men.get_xlim() == tuple(reversed(women.get_xlim()))


def test_projected_years_are_dashed_from_the_last_registered_point():
    axes = plots.comparison(lines(2), WORDS, focus=NAMES[0], projected_from=2030)
    solid, dashed = (line for line in axes.lines if line.get_linewidth() == 2.2)
    assert (solid.is_dashed(), dashed.is_dashed()) == (False, True)
    assert solid.get_xdata()[-1] == dashed.get_xdata()[0] == 2029


def test_small_multiples_are_sorted_by_last_value_on_one_scale():
    axes = plots.small_multiples(lines(4), whole(), WORDS, projected_from=2026)
    figure = axes.figure
    lasts = [max(line.get_ydata()[-1] for line in a.lines if line.get_linewidth() == 1.9) for a in figure.axes]
    assert lasts == sorted(lasts)
    assert len({a.get_ylim() for a in figure.axes}) == 1
    assert texts_of(axes).count("Regionen") == 1


def test_shares_come_from_counts_and_small_and_hidden_rows_say_so():
    table = pd.DataFrame(
        [
            ("Regionen", "Under 55", 61.0),
            ("Regionen", "55+", 39.0),
            ("Rindal", "Under 55", 10.0),
            ("Rindal", "55+", 4.0),
            ("Aure", "Under 55", 40.0),
            ("Aure", "55+", np.nan),
        ],
        columns=["name", "group", "persons"],
    )
    axes = plots.shares(table, WORDS, total="Regionen", focus=["55+"], focus_label="Andel 55+")
    texts = texts_of(axes)
    assert plots.problems(axes) == []
    assert {"39\u00a0%", "100", "færre enn 20", "14"} <= set(texts)
    assert texts.count(":") == 2


def test_tile_colour_follows_the_number_as_it_is_printed():
    table = pd.DataFrame({"name": ["A"], "row": [0], "column": [0], "value": [79.6]})
    texts = texts_of(plots.tiles(table, WORDS, limits=(70, 80, 90, 100), heading="Prosent"))
    assert {"80", "80–89", "1 kommune"} <= set(texts)


def test_a_dollar_sign_is_never_maths():
    words = Words(title="Fra $1 til $2", subtitle="Under_strek og $x^2$", alt="Prøve.")
    axes = plots.waterfall(STEPS, words)
    assert "Fra $1 til $2" in texts_of(axes)
    assert not any(text.get_parse_math() for text in axes.figure.texts)
    assert plots.problems(axes) == []


def test_the_document_variant_has_the_data_area_only():
    alone = plots.waterfall(STEPS, WORDS)
    inside = plots.waterfall(STEPS, WORDS, variant="document")
    assert WORDS.title in texts_of(alone)
    assert not {WORDS.title, WORDS.subtitle, WORDS.note, WORDS.source} & set(texts_of(inside))
    assert inside.place[2:] == alone.place[2:]


@pytest.mark.parametrize(("size", "width"), [("bred", 16.0), ("halv", 7.8), ("lysbilde", 24.0)])
def test_the_width_is_exact_in_centimetres(size, width):
    figure = plots.waterfall(STEPS, WORDS, size=size).figure
    assert figure.get_size_inches()[0] * 2.54 == pytest.approx(width)
    if size == "lysbilde":
        assert figure.get_size_inches()[1] * 2.54 == pytest.approx(13.5)


@pytest.mark.parametrize(
    ("draw", "height"),
    [
        (lambda words: plots.pyramid(people(), 2026, 2045, words), 12.2),
        (lambda words: plots.history(series(), words), 8.6),
        (lambda words: plots.dumbbell(municipalities(10), ("Sum", 10.0, 20.0), "2019", "2040", words), 9.4),
        (lambda words: plots.waterfall(STEPS, words), 8.4),
        (lambda words: plots.small_multiples(lines(10).replace(NAMES[0], "A").replace(NAMES[4], "B"),
                                             whole(), words, projected_from=2026), 11.4),
        (lambda words: plots.shares(staff(9), words, total="Lakseregionen", focus=["62 og eldre"],
                                    focus_label="62+"), 9.4),
    ],
)  # fmt: skip
def test_the_height_follows_the_content(draw, height):
    words = Words(title="En linje", subtitle="En linje", note="En linje", source="En linje", alt="Prøve.")
    assert draw(words).figure.get_size_inches()[1] * 2.54 == pytest.approx(height, abs=0.02)
