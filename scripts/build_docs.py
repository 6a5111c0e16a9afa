"""Write the pages of the site that are made from the code: counts, terms, errors, notebooks and the reference.

    python scripts/build_docs.py

They go to docs/_made, which is made anew each time and not kept.
"""

from __future__ import annotations

import csv
import inspect
import re
import shutil
from pathlib import Path

import demografi as dg
from demografi import errors

ROOT = Path(__file__).parents[1]
MADE = ROOT / "docs" / "_made"
LONGEST_TERM = 40
NOUNS = ("Region", "Observed", "Scenario", "Projection", "Need", "Supply", "Gap", "Indicators", "Goal", "Backtest")


def main() -> None:
    """Write all of them."""
    shutil.rmtree(MADE, ignore_errors=True)
    MADE.mkdir()
    pages = {"counts": counts(), "terms": terms(), "errors": refusals(), "reference": reference(), "data": data()}
    for name, text in pages.items():
        (MADE / f"{name}.md").write_text(text, encoding="utf-8")
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(notebook, MADE / notebook.name)


def counts() -> str:
    """Set the drawn tables that the tests hold the code to after each other."""
    pages = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests" / "specs").glob("*.md"))]
    words = (
        "# How demografi counts\n\nEvery page below is a test: its tables are read and held against the code each time "
        "the tests run.\n"
    )
    return "\n\n".join([words, *(re.sub(r"^#", "##", page, flags=re.M) for page in pages)])


def terms() -> str:
    """Set the terms of figures and chapters beside each other in three languages."""
    with (ROOT / "src" / "demografi" / "data" / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    short = {
        (row["nb"], row["nn"], row["en"], row["unit"])
        for row in rows
        if "{" not in row["nb"] and len(row["nb"]) <= LONGEST_TERM and not row["nb"].endswith(".")
    }
    lines = [
        "# Terms",
        "",
        "The words demografi uses in figures and chapters, from its label table.",
        "",
        "| bokmål | nynorsk | English | unit |",
        "|---|---|---|---|",
        *(f"| {nb} | {nn} | {en} | {unit} |" for nb, nn, en, unit in sorted(short, key=lambda row: row[0].lower())),
    ]
    return "\n".join(lines) + "\n"


def refusals() -> str:
    """Describe the error classes."""
    lines = [
        "# Refusals",
        "",
        "Bad input gets a refusal, never a guess: what is wrong; what was seen; what was wanted; what to type. All are "
        "`demografi.errors.DemografiError` and carry `.code`, `.fault`, `.where` and `.hint`.",
        "",
    ]
    for name in errors.__all__:
        kind = getattr(errors, name)
        lines += [f"## {name}", "", f"Code `{kind.code}`." if hasattr(kind, "code") else "", ""]
        lines += [inspect.getdoc(kind) or "" if kind is not errors.DemografiError else "Every refusal.", ""]
    return "\n".join(lines)


def reference() -> str:
    """List every public name: verbs, nouns, refusals."""
    public = [name for name in dg.__all__ if name not in errors.__all__]
    verbs = [name for name in public if name not in NOUNS and not name[0].isupper()]
    nouns = [name for name in public if name in NOUNS]
    rest = [name for name in public if name not in verbs and name not in nouns]
    lines = ["# Reference", "", "What `import demografi as dg` gives; everything else may change.", ""]
    for title, names, directive in (
        ("Verbs", verbs, "autofunction"),
        ("Nouns", nouns, "autoclass"),
        ("More", rest, "autoclass"),
    ):
        lines += [f"## {title}", ""]
        for name in names:
            members = [] if directive == "autofunction" else [":members:", ":inherited-members:", ":show-inheritance:"]
            target = getattr(dg, name)
            lines += ["```{eval-rst}", f".. {directive}:: {target.__module__}.{name}"]
            lines += [f"   {option}" for option in members] + ["```", ""]
    return "\n".join(lines)


def data() -> str:
    """Show what ships and from where."""
    text = (ROOT / "data" / "raw" / "README.md").read_text(encoding="utf-8")
    with (ROOT / "data" / "raw" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = [c for c in rows[0] if c not in ("sha256", "url")]
    table = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    table += ["| " + " | ".join(row[c] for c in columns) + " |" for row in rows]
    return f"{text}\n\n" + "\n".join(table) + "\n"


if __name__ == "__main__":
    main()
