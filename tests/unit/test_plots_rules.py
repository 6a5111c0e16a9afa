"""The checks every figure must pass, on few and many places, long and hostile names, three sizes and languages."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from PIL import Image

import demografi as dg
from demografi import plots
from demografi.errors import ScenarioError, TableError
from demografi.labels import label, number, percent
from demografi.plots import Words, style

LONG = ("Guovdageaidnu – Kautokeino", "Unjárga – Nesseby", "Gáivuotna – Kåfjord – Kaivuono", "Nord-Aurdal")
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|'/c calc'!A1",
    "$x^2$ og $\\alpha$",
    "\u202eartiH\u202c",
    "under_strek_i_navn",
    "To\nlinjer\tog\x00mer",
    "Kommunenmedetveldiglangtnavn" * 6,
)
GROUPS = ("Under 35", "35–44", "45–54", "55–61", "62 og eldre")
WORDS = Words("Funnet i én setning", "Mål, sted, tid. Enhet", "Merknad.", "Kilde: SSB.", "Alternativ tekst.")
LOOKS = {1: ("nb", "halv"), 2: ("nn", "lysbilde"), 10: ("en", "halv"), 25: ("nb", "bred")}


def names_of(n, first=LONG):
    return [*first[:n], *(f"Kommune {i}" for i in range(n - len(first)))]


def starts_and_ends(names):
    rows = [(name, 900.0 / (i + 1) + 30, 1300.0 / (i + 1) + (20 if i % 3 else 60)) for i, name in enumerate(names)]
    return pd.DataFrame(rows, columns=["name", "start", "end"])


def dumbbell(names, words=WORDS, **look):
    table = starts_and_ends(names)
    total = (names[0], table["start"].sum(), table["end"].sum())
    return plots.dumbbell(table, total, "2026", "2040", words, emphasise=names[:1], **look)


def changes(names, words=WORDS, **look):
    table = starts_and_ends(names)
    total = (names[0], table["start"].sum(), table["end"].sum())
    return plots.changes(table, total, "2026", "2040", words, focus=names[-1:], **look)


def shares(names, words=WORDS, **look):
    rows = [(n, g, 8.0 + i + j) for i, n in enumerate(["Hele landet", *names]) for j, g in enumerate(GROUPS)]
    table = pd.DataFrame(rows, columns=["name", "group", "persons"])
    return plots.shares(table, words, total="Hele landet", focus=GROUPS[-2:], focus_label="55+", **look)


def tiles(names, words=WORDS, **look):
    table = starts_and_ends(names).assign(region=[f"x{i}" for i in range(len(names))])
    table = table.assign(value=100 * (table["end"] / table["start"] - 1))
    table = table.merge(plots.tile_layout(list(table["region"])), on="region")
    limits = plots.growth_limits(list(table["value"]))
    context = [(names[0], 31.0), ("Hele landet", 62.0)]
    return plots.tiles(table, words, limits=limits, heading="Prosent", context=context, unit="%", signed=True, **look)


def support(names):
    years = range(2015, 2041)
    rows = [(name, year, 8 + i % 7 - 0.1 * (year - 2015)) for i, name in enumerate(names) for year in years]
    return pd.DataFrame(rows, columns=["name", "year", "value"])


WHOLE = support(["Regionen"])[["year", "value"]]


def small_multiples(names, words=WORDS, **look):
    return plots.small_multiples(support(names), WHOLE, words, projected_from=2026, page=1, **look)


def components_table(first=2016, last=2039):
    years = np.arange(first, last + 1)
    table = pd.DataFrame({"year": years, "births": 60.0, "deaths": 80.0 + years - first, "net_migration": 30.0})
    return table.assign(change=table["births"] - table["deaths"] + table["net_migration"])


def components(names, words=WORDS, **look):
    return plots.components(components_table(), words, projected_from=2026, **look)


KINDS = {f.__name__: f for f in (dumbbell, changes, shares, tiles, small_multiples)}


@pytest.fixture(scope="module")
def ten():
    return dg.project(dg.example(), to=2040)


@pytest.fixture(scope="module")
def one():
    return dg.project(dg.example("Engerdal"), to=2040)


def texts_of(axes):
    return [text.get_text() for text in axes.figure.texts]


@pytest.mark.parametrize("n", LOOKS)
@pytest.mark.parametrize("kind", KINDS)
def test_one_two_ten_and_twenty_five_places_with_long_names_fit(kind, n):
    language, size = LOOKS[n]
    assert plots.problems(KINDS[kind](names_of(n), language=language, size=size)) == []


@pytest.mark.parametrize("size", ["bred", "halv", "lysbilde"])
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_come_out_as_one_line_of_text(kind, size):
    axes = KINDS[kind](list(HOSTILE), size=size)
    assert plots.problems(axes) == []
    drawn = axes.figure.texts
    assert not any(text.get_parse_math() for text in drawn)
    assert not re.search("[\x00-\x1f\u202a-\u202e]", "".join(text.get_text() for text in drawn))
    if size == "bred" and kind in ("dumbbell", "changes", "shares"):
        assert {*HOSTILE[:3], "artiH", HOSTILE[4], "To linjer ogmer"} <= set(texts_of(axes))


@pytest.mark.parametrize("size", ["bred", "halv"])
def test_hostile_names_at_the_end_of_lines_are_text(size):
    axes = plots.comparison(support(list(HOSTILE)), WORDS, focus=HOSTILE[6], projected_from=2026, size=size)
    assert plots.problems(axes) == []
    assert {*HOSTILE[:3], "artiH", "To linjer ogmer"} <= set(texts_of(axes))


def test_the_words_inside_a_waterfall_are_one_line_of_text():
    axes = plots.waterfall([(HOSTILE[5], 5.0, "level"), (HOSTILE[3], 5.0, "need")], WORDS)
    assert {"To linjer ogmer", "artiH"} <= set(texts_of(axes))
    assert plots.problems(axes) == []


def test_hostile_words_are_text_in_every_file(tmp_path):
    words = Words(HOSTILE[0], HOSTILE[2], HOSTILE[1], HOSTILE[5], " ".join(HOSTILE[:6]))
    png, svg, pdf = plots.save(dumbbell(list(HOSTILE), words), tmp_path / "a", ("png", "svg", "pdf"))
    root = ET.fromstring(svg.read_text(encoding="utf-8"))
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title").text == HOSTILE[0]
    assert root.find(f"{space}desc").text.endswith("To linjer ogmer")
    assert list(root.iter(f"{space}script")) == []
    assert b"/JavaScript" not in pdf.read_bytes()
    assert png.read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("language", "size", "variant"),
    [("nb", "bred", "standalone"), ("nn", "halv", "document"), ("en", "lysbilde", "standalone")],
)
@pytest.mark.parametrize("by", ["pyramid", "year", "components", "age", "municipality", "map"])
def test_a_projection_of_ten_municipalities_is_drawn_without_faults(ten, by, language, size, variant):
    assert plots.problems(ten.plot(by, language=language, size=size, variant=variant)) == []


@pytest.mark.parametrize("by", ["pyramid", "year", "components", "age", "municipality", "map"])
def test_a_projection_of_one_municipality_is_drawn_on_half_a_page(one, by):
    assert plots.problems(one.plot(by, language="en", size="halv")) == []


def numbers_in(words):
    """Numbers of a finding, without the years, the ages and the dates that are not in the table."""
    said = f"{words.title} {words.subtitle} {words.alt}"
    said = re.sub(
        r"\d+(–\d+)? år|(over|aged|Aged|Ages) \d+(–\d+)?|\b(20|19)\d\d(–20\d\d)?\b|1\. januar|1 January", "", said
    )
    return re.findall(r"[+−]?\d[\d\u00a0,]*%?(?:\u00a0%)?", said)


def printed(values, language):
    """Every way in which a value of the table may be printed."""
    ways = [f(v) for v in values for f in (lambda v: number(v, language=language),
                                           lambda v: number(abs(v), language=language),
                                           lambda v: number(v, signed=True, language=language))]  # fmt: skip
    return {way.rstrip(",") for way in ways}


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_every_number_said_of_a_projection_stands_in_its_table(ten, one, language):
    from demografi.projection import drawn

    for projection in (ten, one):
        known = {
            "year": list(drawn.years_table(projection)["value"]),
            "age": drawn.age_table(projection)[["start", "end"]].to_numpy().ravel().tolist(),
            "municipality": drawn.municipality_table(projection)[["start", "end"]].to_numpy().ravel().tolist(),
        }
        flows = drawn.components_table(projection)
        known["components"] = flows[flows["year"] >= 2026].drop(columns="year").sum().tolist()
        known["map"] = []
        growth = {}
        for by in ("age", "municipality"):
            table = getattr(drawn, f"{by}_table")(projection)[["start", "end"]]
            known[by] += [*(table["end"] - table["start"]), *table.sum()]
            ends = pd.concat([table, table.sum().to_frame().T])
            growth[by] = {percent(b / a - 1, signed=True, language=language) for a, b in ends.to_numpy()}
        last = known["year"][-1]
        known["year"].append(last - drawn.years_table(projection).query("kind == 'registered'")["value"].iloc[-1])
        growth["map"] = growth["municipality"]
        for by, values in known.items():
            words = projection.plot(by, language=language).figure.words
            said = [token.rstrip(",") for token in numbers_in(words)]
            assert said, by
            assert set(said) <= printed(values, language) | growth.get(by, set()), by


@pytest.mark.parametrize("by", ["pyramid", "year", "components", "age", "municipality", "map"])
def test_a_title_has_at_most_fifteen_words_and_no_full_stop(ten, one, by):
    for projection in (ten, one):
        for language in ("nb", "nn", "en"):
            words = projection.plot(by, language=language).figure.words
            assert len(words.title.split(" ")) <= 15, words.title
            assert not words.title.endswith(".")
            assert 2 <= len(re.findall(r"[.!?](?: |$)", words.alt)) <= 5


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (1000, 500, "Halvparten så mange over 80 år i 2045"),
        (1000, 1030, "Om lag uendret tall på innbyggere over 80 år i 2045"),
        (1000, 1870, "Nær dobbelt så mange over 80 år i 2045"),
        (1000, 2000, "Dobbelt så mange over 80 år i 2045"),
        (1000, 2110, "Mer enn dobbelt så mange over 80 år i 2045"),
        (1000, 2300, "1\u00a0300 flere over 80 år i 2045"),
        (1000, 800, "200 færre over 80 år i 2045"),
        (0, 7, "7 flere over 80 år i 2045"),
    ],
)
def test_a_word_for_growth_is_used_only_where_it_is_true(first, last, said):
    assert plots.old_title(first, last, 2045) == said


@pytest.mark.parametrize(
    ("deaths", "migration", "said"),
    [
        (90, 40, "Innflytting veier mer enn opp for fødselsunderskuddet fram til 2028"),
        (90, 20, "Innflyttingen veier ikke opp for fødselsunderskuddet fram til 2028"),
        (90, -5, "Både fødselsunderskudd og utflytting fram til 2028"),
        (30, 5, "Både fødselsoverskudd og innflytting fram til 2028"),
        (30, -10, "Fødselsoverskuddet veier mer enn opp for utflyttingen fram til 2028"),
        (30, -90, "Fødselsoverskuddet veier ikke opp for utflyttingen fram til 2028"),
        (60, 5, "Fødte, døde og netto innflytting på Hitra fram til 2028"),
        (90, 30, "Fødte, døde og netto innflytting på Hitra fram til 2028"),
    ],
)
def test_components_are_headed_by_what_carries_the_change(deaths, migration, said):
    table = pd.DataFrame({"year": [2026, 2027], "births": 60.0, "deaths": float(deaths)})
    table = table.assign(net_migration=float(migration), change=60.0 - deaths + migration)
    words = plots.components_words(table, "Hitra", "nb", projected_from=2026, note="", source="")
    assert words.title == said


def test_years_without_known_parts_have_the_line_only_and_say_so():
    table = components_table()
    table.loc[table["year"] < 2026, ["births", "deaths", "net_migration"]] = np.nan
    axes = plots.components(table, WORDS, projected_from=2026)
    assert len(axes.patches) == 3 * 14
    words = plots.components_words(table, "Hitra", "nb", projected_from=2026, note="", source="")
    assert words.note == "For 2016–2025 er bare endringen i folketallet kjent her."


def test_components_that_do_not_add_up_or_skip_a_year_are_refused():
    table = components_table()
    table.loc[3, "change"] = 99.0
    with pytest.raises(TableError, match=r"a year that does not add up.\n  In 2019 the change is 99"):
        plots.components(table, WORDS, projected_from=2026)
    with pytest.raises(TableError, match=r"a gap between years.\n  2019 is followed by 2021"):
        plots.components(components_table().drop(index=4), WORDS, projected_from=2026)


def test_projected_components_are_the_lighter_step_of_the_same_colour():
    axes = components([])
    fills = {round(bar.get_x() + bar.get_width() / 2): to_hex(bar.get_facecolor()).upper() for bar in axes.patches[::3]}
    assert (fills[2025], fills[2026]) == (style.FJORD, style.FJORD_STEPS[2])


def test_a_sum_with_a_missing_municipality_says_of_how_many_it_is():
    table = starts_and_ends(names_of(10))
    table.loc[2, "end"] = np.nan
    axes = plots.dumbbell(table, ("Regionen", 100.0, 200.0), "2026", "2040", WORDS)
    assert "9 av 10 kommuner" in texts_of(axes)
    assert plots.problems(axes) == []


def test_no_per_cent_is_given_of_fewer_than_twenty():
    table = pd.DataFrame({"name": ["A", "B"], "start": [19.0, 20.0], "end": [38.0, 30.0]})
    for axes in (
        plots.changes(table, None, "2026", "2040", WORDS),
        plots.dumbbell(table, None, "2026", "2040", WORDS),
    ):
        assert {"+19", ".", "+10", "+50\u00a0%"} <= set(texts_of(axes))
    words, emphasise = plots.old_municipalities_words(table, (2026, 2040), "Regionen", "nb", note="", source="")
    assert words.title == "A får flest nye innbyggere over 80 år, men veksten er sterkest i B"
    assert words.note == "Sortert etter økning i antall. Prosent er ikke regnet av færre enn 20."
    assert emphasise == ["A", "B"]


def test_lakseregionen_is_laid_out_by_hand_and_its_parts_keep_their_places():
    layout = plots.tile_layout(["5029", "5014", "5022", "1576"]).set_index("region")
    assert layout.loc["5014", ["row", "column"]].tolist() == [0, 1]
    assert layout.loc["1576", ["row", "column"]].tolist() == [2, 0]
    assert layout.loc["5022", ["row", "column"]].tolist() == [3, 3]


def test_centre_points_keep_their_directions_on_the_grid():
    points = pd.DataFrame(
        {"region": list("abcdef"), "x": [0, 10, 0, 10, 5, 20], "y": [0, 0, 10, 10, 30, 15]},
    )
    layout = plots.tile_layout(list("abcdef"), points).set_index("region")
    assert len(layout[["row", "column"]].drop_duplicates()) == 6
    assert layout["placed"].all()
    assert layout["row"].idxmin() == "e"
    assert layout["column"].idxmax() == "f"
    assert layout.at["a", "column"] < layout.at["b", "column"]
    assert layout.at["c", "row"] < layout.at["a", "row"]


def test_a_map_without_points_says_that_its_tiles_are_sorted():
    assert not plots.tile_layout(["x", "y"])["placed"].any()
    with pytest.raises(TableError, match=r"lack 1 of 2 areas.\n  y\n"):
        plots.tile_layout(["x", "y"], pd.DataFrame({"region": ["x"], "x": [1.0], "y": [1.0]}))
    with pytest.raises(TableError, match="codes that each stand once"):
        plots.tile_layout(["x", "x"])


def test_a_single_hidden_row_takes_another_with_it():
    rows = [(n, g, 10.0 + i) for i, n in enumerate(("Sum", "A", "B", "C")) for g in GROUPS]
    table = pd.DataFrame(rows, columns=["name", "group", "persons"])
    table.loc[table["name"] == "C", "persons"] = np.nan
    hidden = plots.hide_second(table, "Sum")
    assert set(hidden[hidden["persons"].isna()]["name"]) == {"A", "C"}
    assert plots.hide_second(hidden, "Sum").equals(hidden)


def test_four_of_ten_is_said_of_shares_from_38_to_42_per_cent_only():
    def title(old):
        rows = [("Landet", "Under 55", 100.0 - old), ("Landet", "55+", old)]
        table = pd.DataFrame(rows, columns=["name", "group", "persons"])
        given = {
            "total": "Landet",
            "focus": ["55+"],
            "staff": label("nurses"),
            "time": "2025",
            "note": "",
            "source": "",
        }
        return plots.staff_ages_words(table, "nb", **given).title

    assert title(42.0) == title(38.0) == "Fire av ti sykepleiere er 55 år eller eldre"
    assert title(22.0) == "Andelen sykepleiere på 55 år og eldre er 22\u00a0%"


def test_multiples_are_headed_by_the_lowest_and_the_highest():
    table = support(["Skaun", "Hitra", "Rindal"])
    words = plots.support_multiples_words(table, ("Regionen", WHOLE), "nb", note="", source="")
    assert words.title == "Lavest aldersbæreevne i Skaun, høyest i Rindal i 2040"
    assert "lavest i Skaun (5,5)" in words.alt
    with pytest.raises(TableError, match="have no page 2"):
        plots.small_multiples(table, WHOLE, WORDS, projected_from=2026, page=2)


def test_pages_of_multiples_share_order_and_scale():
    names = names_of(25)
    pages = [plots.small_multiples(support(names), WHOLE, WORDS, projected_from=2026, page=page) for page in (1, 2)]
    assert [len(page.figure.axes) for page in pages] == [15, 10]
    assert pages[0].get_ylim() == pages[1].get_ylim()


def test_statistics_norways_alternatives_are_named_so(ten):
    years = range(2027, 2041)
    old = [ten.persons("80+", year) for year in years]
    band = pd.DataFrame({"year": years, "low": [v * 0.95 for v in old], "high": [v * 1.05 for v in old]})
    axes = ten.plot("year", alternatives=band)
    assert plots.problems(axes) == []
    assert {"Høy nasjonal vekst", "Lav nasjonal vekst"} <= set(texts_of(axes))
    assert "ikke et usikkerhetsintervall" in axes.figure.words.note


def test_a_projection_refuses_what_it_cannot_draw(ten):
    with pytest.raises(ScenarioError) as refusal:
        ten.plot(by="moon")
    assert str(refusal.value) == (
        "A projection cannot be drawn by 'moon'.\n"
        "  There are 'pyramid', 'year', 'fan', 'components', 'age', 'municipality', 'map'.\n"
        "  projection.plot(by='components')"
    )


def test_a_change_without_values_or_with_an_unknown_focus_is_refused():
    table = starts_and_ends(["A", "B"])
    with pytest.raises(TableError, match="No row of the figure of change is called 'C'"):
        plots.changes(table, None, "2026", "2040", WORDS, focus=["C"])
    with pytest.raises(TableError, match="has both start and end"):
        plots.changes(table.assign(end=np.nan), None, "2026", "2040", WORDS)


def _luminance(color):
    parts = [int(to_hex(color)[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("kind", ["shares", "tiles", "changes", "dumbbell"])
def test_every_text_can_be_read_on_what_lies_behind_it(kind):
    axes = KINDS[kind](names_of(10))
    figure = axes.figure
    for text in figure.texts:
        box = text.get_window_extent()
        middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        behind = [p for p in axes.patches if isinstance(p, Rectangle) and p.get_window_extent().contains(*middle)]
        fill = behind[-1].get_facecolor() if behind else style.WHITE
        light, dark = sorted((_luminance(text.get_color()), _luminance(fill)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, text.get_text()


@pytest.mark.parametrize("kind", [changes, components, tiles])
def test_a_new_figure_is_small_exactly_wide_and_the_same_twice(kind, tmp_path):
    formats = ("png", "svg", "pdf")
    once = plots.save(kind(names_of(25)), tmp_path / "a", formats)
    again = plots.save(kind(names_of(25)), tmp_path / "b", formats)
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again]
    assert all(path.stat().st_size < 200_000 for path in once if path.suffix == ".png")
    with Image.open(once[0]) as picture:
        assert picture.width / picture.info["dpi"][0] * 2.54 == pytest.approx(16.0, abs=0.005)


RUN = """
import matplotlib, hashlib, pathlib, sys
names = sorted(set(matplotlib.rcParams) - {"backend"})
before = [str(matplotlib.rcParams[name]) for name in names]
import demografi, demografi.plots as plots
steps = [("Nå", 50.0, "level"), ("Udekket", 5.0, "gap"), ("Behov", 55.0, "need")]
axes = plots.waterfall(steps, plots.Words("Tittel", "Under", "Merknad", "Kilde", "Alternativ."))
files = plots.save(axes, pathlib.Path(sys.argv[1]) / "a", ("png", "svg", "pdf"))
assert before == [str(matplotlib.rcParams[name]) for name in names]
print(*(hashlib.sha256(path.read_bytes()).hexdigest() for path in files))
"""


def test_two_processes_give_the_same_bytes_and_leave_matplotlibs_settings_alone(tmp_path):
    said = [
        subprocess.run(
            [sys.executable, "-c", RUN, str(tmp_path)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    ]
    assert said[0] == said[1]
    assert len(said[0].split()) == 3


def test_a_figure_saved_by_matplotlibs_own_word_keeps_the_house_style(tmp_path):
    figure = changes(names_of(2)).figure
    figure.savefig(tmp_path / "a.png", dpi=110)
    with mpl.rc_context({"text.hinting": "force_autohint", "savefig.facecolor": "black"}):
        figure.savefig(tmp_path / "b.png", dpi=110)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
