"""What the documents show runs: README, docstrings' promises, the notebook."""

from __future__ import annotations

import doctest
import re
import runpy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import demografi as dg
from demografi import errors

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("readme", ["README.md", pytest.param("README.nb.md", marks=pytest.mark.long)])
def test_the_code_in_the_readme_runs(readme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / readme).read_text(encoding="utf-8"), flags=re.S)
    exec(compile(code, readme, "exec"), {})
    assert (tmp_path / "lakseregionen" / "chapter.html").is_file()


@pytest.mark.parametrize("page", ["indicators", "goals", "vintages"])
def test_what_a_page_shows_is_what_comes_out(page: str) -> None:
    found = doctest.testfile(str(ROOT / "docs" / f"{page}.md"), module_relative=False, encoding="utf-8")
    assert found.attempted > 2
    assert found.failed == 0


def test_the_readmes_commands_are_targets_of_the_makefile() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M)
    assert {"report", "test"} <= set(targets)
    assert re.findall(r"^make (\w+)", readme, flags=re.M) == ["report", "test"]


LONG = ("veiledning", "cluster", "need", "02_engerdal_1300", "04_uncertainty_and_backtest")
"""Pages and notebooks that `make long` runs; the others run each time."""


def some_long(paths: Iterable[Path]) -> list[Any]:
    """Mark what takes long."""
    return [pytest.param(path, marks=pytest.mark.long if path.stem in LONG else ()) for path in sorted(paths)]


WITH_CODE = [
    path
    for path in sorted((ROOT / "docs").glob("**/*.md"))
    if not {"_made", "_build"} & set(path.parts) and "```python\n" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("path", some_long(WITH_CODE), ids=lambda path: str(path.relative_to(ROOT / "docs")))
def test_the_code_of_a_page_runs_from_its_first_line_to_its_last(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.S):
        exec(compile(block, path.name, "exec"), here)


def test_the_pages_made_for_the_site_have_every_term_refusal_and_public_name() -> None:
    site = runpy.run_path(str(ROOT / "scripts" / "build_docs.py"))
    assert "| Aldersbæreevne | Aldersbereevne | Old-age support ratio | persons per person |" in site["terms"]()
    assert all(f"## {name}" in site["refusals"]() for name in errors.__all__)
    listed = site["reference"]()
    assert all(f".{name}\n" in listed for name in dg.__all__ if name not in errors.__all__)
    assert "## Users follow coverage by age group" in site["counts"]()


@pytest.mark.parametrize("path", some_long((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_notebook_runs_and_its_outputs_are_stripped(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": ROOT}}).execute()
    shown = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    assert not [out for out in shown if out.output_type == "error"]
    assert any("image/png" in out.get("data", {}) for out in shown)


MADE = ("counts", "terms", "errors", "reference", "data")
"""Pages that scripts/build_docs.py makes."""


def test_every_link_in_the_documents_leads_somewhere() -> None:
    for page in [
        ROOT / "README.md",
        ROOT / "README.nb.md",
        *ROOT.glob("docs/**/*.md"),
        ROOT / "data" / "raw" / "README.md",
    ]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            made = page.parent / link == ROOT / "docs" / "_made" / Path(link).name
            known = Path(link).stem in MADE if made else (page.parent / link).exists()
            assert known, f"{page.name}: {link}"


def test_the_readmes_accuracy_is_that_of_the_accuracy_page() -> None:
    page = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    five, ten = (
        dict(re.findall(r"^\| (total|80\+) \| ([\d.]+) ", part, flags=re.M)) for part in page.split("\n## ")[1:3]
    )
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    old, total = ([f"{float(part[group]):.1f} %" for part in (five, ten)] for group in ("80+", "total"))
    assert f"80 and over by {old[0]} five years ahead and {old[1]} ten years ahead" in readme
    assert f"the total by {total[0]} and {total[1]}" in readme


def test_the_code_on_the_workforce_page_runs_and_its_presets_are_those_of_the_table() -> None:
    from demografi.workforce import exit_ages

    page = (ROOT / "docs" / "workforce.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.S)
    said: dict[str, object] = {}
    exec(compile(code, "workforce.md", "exec"), said)
    (block,) = re.findall(r"<!-- presets -->\n(.*?)<!-- end -->", page, flags=re.S)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()[2:]]
    table = exit_ages().query("sex == 'both'").fillna({"year": ""})
    ages = table["all_causes"].fillna(table["old_age"])
    wanted = table.assign(age=ages)[["preset", "age", "of", "year", "source", "trust"]].to_numpy().tolist()
    assert [[r[0], float(r[1].split()[0]), *r[2:]] for r in rows] == wanted
