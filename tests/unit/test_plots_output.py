"""Figures go out as the same bytes every time, small enough, described, and only when they pass."""

import io
import threading
import xml.etree.ElementTree as ET

import matplotlib as mpl
import matplotlib.style
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from demografi import plots
from demografi.errors import TableError
from demografi.plots import Words, style
from demografi.plots.placing import (
    Box,
    free_place,
    round_step,
    round_step_within,
    spread,
    step_decimals,
    year_ticks,
)

WORDS = Words("Tittel & «funn» <1>", "Undertittel", "Merknad", "Kilde: ingen.", "Alternativ tekst & mer.")
STEPS = [("Nå", 50.0, "level"), ("Udekket", 5.0, "gap"), ("Behov", 55.0, "need")]


def draw(**look):
    return plots.waterfall(STEPS, WORDS, **look)


def test_two_runs_give_identical_bytes(tmp_path):
    formats = ("png", "svg", "pdf")
    first = plots.save(draw(), tmp_path / "a", formats)
    second = plots.save(draw(), tmp_path / "b", formats)
    assert [path.name for path in first] == ["a.png", "a.svg", "a.pdf"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_saving_twice_gives_identical_bytes(tmp_path):
    axes = draw()
    once = [path.read_bytes() for path in plots.save(axes, tmp_path / "a")]
    assert once == [path.read_bytes() for path in plots.save(axes.figure, tmp_path / "a")]


def test_a_png_is_small_and_exactly_as_wide_as_said(tmp_path):
    for size, width in (("bred", 16.0), ("halv", 7.8), ("lysbilde", 24.0)):
        (path,) = plots.save(draw(size=size), tmp_path / size, ["png"])
        assert path.stat().st_size < 200_000
        with Image.open(path) as picture:
            assert picture.mode == "P"
            assert picture.info["dpi"][0] == pytest.approx(300, abs=0.5)
            assert picture.width / picture.info["dpi"][0] * 2.54 == pytest.approx(width, abs=0.005)


def test_an_svg_carries_title_and_description_and_no_text_elements(tmp_path):
    (path,) = plots.save(draw(), tmp_path / "a", ["svg"])
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title").text == WORDS.title
    assert root.find(f"{space}desc").text == WORDS.alt
    assert root.get("role") == "img"
    assert root.get("width") == "453.543307pt"
    assert list(root.iter(f"{space}text")) == []


def test_the_alternative_text_may_be_given_when_saving(tmp_path):
    (path,) = plots.save(draw(), tmp_path / "a", ["svg"], alt="En annen tekst.")
    assert "<desc>En annen tekst.</desc>" in path.read_text(encoding="utf-8")


def test_a_figure_without_alternative_text_is_not_saved(tmp_path):
    axes = plots.waterfall(STEPS, Words("Tittel", "Undertittel"))
    with pytest.raises(TableError) as refusal:
        plots.save(axes, tmp_path / "a")
    assert str(refusal.value) == (
        "The figure 'Tittel' has no alternative text.\n"
        '  Give it in the words of the figure, or write save(…, alt="…").'
    )


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(TableError) as refusal:
        plots.save(draw(), tmp_path / "a", ["jpg"])
    assert str(refusal.value) == (
        "A figure cannot be written as 'jpg'.\n  It is written as 'png', 'svg' or 'pdf'.\n"
        '  Write formats=("png", "svg").'
    )
    assert list(tmp_path.iterdir()) == []


def test_a_figure_with_problems_is_not_saved(tmp_path):
    axes = plots.waterfall([("Et svært langt navn på en rad " * 4, 5.0, "level")], WORDS)
    assert any("leaves the canvas" in problem for problem in plots.problems(axes))
    with pytest.raises(TableError, match="is not fit to be shown"):
        plots.save(axes, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_every_kind_of_problem_is_found():
    figure = Figure(figsize=(6, 2))
    FigureCanvasAgg(figure)
    figure.text(0.1, 0.5, "over")
    figure.text(0.1, 0.5, "hverandre")
    figure.text(0.95, 0.2, "utenfor kanten")
    figure.text(0.1, 0.9, "lite", fontsize=6)
    figure.text(0.5, 0.9, "漢", fontproperties=style.face(9))
    found = "\n".join(plots.problems(figure))
    assert "The texts 'over' and 'hverandre' overlap." in found
    assert "The text 'utenfor kanten' leaves the canvas." in found
    assert "The text 'lite' is set in 6.0 points; the smallest is 7.5." in found
    assert "The typeface has no '漢', which stands in '漢'." in found


def test_too_many_lines_of_words_are_a_problem():
    long = Words("Ord " * 90, "Under " * 90, "Merknad " * 90, "Kilde " * 60, "Prøve.")
    found = plots.problems(plots.waterfall(STEPS, long))
    assert "The title takes 5 lines; there is room for 2." in found
    assert any(problem.startswith("The note and the source takes") for problem in found)


def test_the_callers_settings_are_neither_used_nor_changed(tmp_path):
    plain = plots.save(draw(), tmp_path / "plain", ["png", "svg"])
    with matplotlib.style.context("dark_background"):
        mpl.rcParams["font.size"] = 31
        mpl.rcParams["lines.linewidth"] = 9
        before = mpl.rcParams.copy()
        other = plots.save(draw(), tmp_path / "other", ["png", "svg"])
        assert {key: mpl.rcParams[key] for key in before if key != "backend"} == {
            key: value for key, value in before.items() if key != "backend"
        }
    assert [path.read_bytes() for path in plain] == [path.read_bytes() for path in other]


def test_no_window_state_is_made():
    import sys

    draw()
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []


def test_threads_draw_the_same_figure(tmp_path):
    contents = []
    work = [
        threading.Thread(
            target=lambda i=i: contents.append(plots.save(draw(), tmp_path / f"{i}", ["png"])[0].read_bytes())
        )
        for i in range(4)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert len(contents) == 4
    assert len(set(contents)) == 1


def test_axes_and_figure_show_themselves_in_a_notebook():
    axes = draw()
    for drawn in (axes, axes.figure):
        content, shape = drawn._repr_png_()
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.format == "PNG"
        assert shape["width"] == 605


def _luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_and_marks_stand_out_from_what_lies_behind():
    for ink in (style.INK, style.INK_2, style.FJORD, style.LAKS_TEXT):
        assert _contrast(ink, style.WHITE) >= 4.5
    for mark in (style.FJORD, style.LAKS, style.STEIN):
        assert _contrast(mark, style.WHITE) >= 3
    fills = {
        *style.FJORD_STEPS,
        *style.DIVERGING,
        *style.GREY_STEPS,
        style.LAKS,
        style.LAKS_DARK,
        style.SURFACE,
    }
    for fill in fills:
        assert _contrast(style.ink_on(fill), fill) >= 4.5, fill


def test_labels_that_would_touch_are_spread_evenly_in_order():
    assert spread([1.0, 2.0], 0, 5) == [1.0, 2.0]
    assert spread([2.0, 1.0], 0, 5) == [2.0, 1.0]
    placed = spread([2.0, 2.1, 2.05, 4.0], 0, 5)
    assert placed == pytest.approx([1.69, 2.41, 2.05, 4.0])
    edge = spread([0.0, 0.0, 0.0], 0, 5)
    assert edge == pytest.approx([0, 0.36, 0.72])
    assert max(spread([5.0, 5.0, 4.9], 0, 5)) == pytest.approx(5.0)


def test_steps_are_round_and_years_have_both_ends():
    assert [round_step(x) for x in (3790, 4160, 17.5, 1, 0.62, 0)] == [1000, 1000, 5, 0.2, 0.2, 1]
    assert [round_step_within(x) for x in (2450, 35, 17.5, 2, 0)] == [1000, 10, 5, 1, 1]
    assert [step_decimals(x) for x in (1000, 5, 0.2, 0.05)] == [0, 0, 1, 2]
    assert year_ticks(2015, 2045, 11.1) == [2015, 2020, 2025, 2030, 2035, 2040, 2045]
    assert year_ticks(2016, 2041, 11.1) == [2016, 2020, 2025, 2030, 2035, 2041]
    assert year_ticks(2021, 2040, 9.8) == [2021, 2025, 2030, 2035, 2040]
    assert year_ticks(2014, 2025, 9.8) == [2014, 2020, 2025]
    assert year_ticks(2025, 2025, 11.1) == [2025]


def test_a_label_goes_above_unless_something_is_there():
    within = Box(0, 0, 10, 10)
    free = free_place((5, 5), "1", 9, lines=[], taken=[], within=within)
    blocked = free_place((5, 5), "1", 9, lines=[], taken=[Box(4, 3, 6, 4.9)], within=within)
    assert free[1] < 5 < blocked[1]


def test_without_the_package_the_first_fallback_is_used(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "font_source_sans_pro", None)
    style.font_file.cache_clear()
    try:
        assert style.font_file(False).lower().endswith((".ttf", ".otf", ".ttc"))
        assert "SourceSansPro" not in style.font_file(False)
    finally:
        style.font_file.cache_clear()
