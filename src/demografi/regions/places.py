"""Municipalities, counties, the nation and named groups, found by name or code."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import ClassVar

import pandas as pd

from demografi.errors import RegionError
from demografi.regions import kept
from demografi.regions.names import parts_of, slug, split_name, ways_to_type
from demografi.tables import Source

__all__ = [
    "CODE_LIST",
    "NATION",
    "Region",
    "former",
    "list_regions",
    "municipalities",
    "name_of",
    "region",
    "slug",
    "table",
]

NATION = "0"
MUNICIPALITIES = "ssb-kommune-2024"
COUNTIES = "ssb-fylke-2024"
OWN = "own"


@dataclass(frozen=True, repr=False)
class Region:
    """A municipality, a county, the nation, or a group of them that is summed.

    Parameters
    ----------
    code
        Code with leading zeros, or the slug of a group.
    name
        Name as printed.
    members
        Codes of the parts that are projected one by one; a single area has itself.
    region_scheme
        The code list and borders the codes belong to.
    names
        Printed names of the members, in the same order.
    counties
        The counties the members lie in, as codes.
    notes
        What must be known about the borders or the membership.
    """

    code: str
    name: str
    members: tuple[str, ...]
    region_scheme: str
    names: tuple[str, ...]
    counties: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    contract: ClassVar[int] = 1

    @property
    def is_group(self) -> bool:
        """Tell whether this is a sum of several areas."""
        return self.members != (self.code,)

    def name_of(self, code: str) -> str:
        """Return the printed name of a member or of the group itself."""
        return dict(zip((*self.members, self.code), (*self.names, self.name), strict=True)).get(code, code)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per member: ``region name``."""
        return pd.DataFrame({"region": self.members, "name": self.names})

    def to_dict(self) -> dict[str, object]:
        """Return plain values, for files."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, object]) -> Region:
        """Make a region from what :meth:`to_dict` gave."""
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})  # type: ignore[arg-type]

    @property
    def schema(self) -> pd.DataFrame:
        """One row per column of :meth:`to_frame`: table, column, dtype, unit, kind, may_be_missing, reference."""
        return self._kept().schema

    @property
    def sources(self) -> tuple[Source, ...]:
        """The code list the codes stand in; empty for codes of one's own."""
        return (CODE_LIST,) if self.region_scheme != OWN or self.counties else ()

    @property
    def cautions(self) -> tuple[str, ...]:
        """What must be known about the borders or the membership: the notes."""
        return self.notes

    def has(self, name: str) -> bool:
        """Tell whether a table is here; a region has ``"members"``."""
        return self._kept().has(name)

    def save(self, path: str | Path) -> Path:
        """Write the region to one Parquet file, with schema and sources inside."""
        return self._kept().save(path)

    @classmethod
    def open(cls, path: str | Path) -> Region:
        """Read what :meth:`save` wrote.

        Raises
        ------
        SourceError
            The file is absent, no file of this package, or holds another noun.
        """
        return cls.from_dict(kept.Region.open(path).facts["region"])

    def _kept(self) -> kept.Region:
        return kept.Region({"members": self.to_frame()}, {"region": self.to_dict()}, self.sources)

    def __repr__(self) -> str:
        return repr(self._kept())

    def _repr_html_(self) -> str:
        return self._kept()._repr_html_()


def region(which: str | Sequence[str], *, name: str | None = None) -> Region:
    """Find a region by name or code, or make a group of your own.

    A name may be any part of a parallel name ("Guovdageaidnu"), all its parts ("Deatnu – Tana"), and
    be typed without marks on its letters (ø as o, æ as ae, å as a or aa).

    Parameters
    ----------
    which
        A municipality, a county, ``"Norge"``, a named group, or a list of names or codes.
    name
        What to call a list of your own.

    Raises
    ------
    RegionError
        The name is not known (the nearest are shown), the code belongs to another era (its
        successor is shown), several are called so, or a member stands twice.

    Examples
    --------
    >>> region("Lakseregionen").members[:2]
    ('5029', '5059')
    >>> region("Karasjohka").code, region("Orland").name
    ('5610', 'Ørland')
    >>> region(["Hitra", "5014"], name="Øyregionen").code
    'oyregionen'
    """
    if isinstance(which, str):
        return _one(which, renamed=name)
    if which is None or isinstance(which, int | float):
        raise _no_text(which)
    which = list(which)
    if not which:
        raise RegionError("The list of regions is empty.", hint="dg.region(['Hitra', 'Frøya'])")
    parts = [_one(item) for item in which]
    members = [(code, label) for part in parts for code, label in zip(part.members, part.names, strict=True)]
    double = sorted({label for i, (code, label) in enumerate(members) if code in [c for c, _ in members[:i]]})
    if double:
        raise RegionError(f"{double[0]} stands twice in the list of regions.", hint="Name each municipality once.")
    _refuse_overlap(parts)
    label = name or ", ".join(part.name for part in parts)
    return Region(
        code=slug(label),
        name=label,
        members=tuple(code for code, _ in members),
        region_scheme=OWN if len({part.region_scheme for part in parts}) > 1 else parts[0].region_scheme,
        names=tuple(name for _, name in members),
        counties=tuple(dict.fromkeys(county for part in parts for county in part.counties)),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _refuse_overlap(parts: list[Region]) -> None:
    for part in parts:
        inside = [
            other.name
            for other in parts
            if other is not part
            and (part.code == NATION or (part.region_scheme == COUNTIES and part.code in other.counties))
        ]
        if inside:
            raise RegionError(
                f"{inside[0]} lies inside {part.name}; their sum would count the same people twice.",
                hint="Use one of them, or compare them with dg.indicators(…, against=['county', 'nation']).",
            )


def list_regions() -> pd.DataFrame:
    """Return every region known by name: ``code name kind``."""
    current = municipalities()
    counties = current[["county", "county_name"]].drop_duplicates()
    groups = _groups()[["slug", "name"]].drop_duplicates()
    return pd.concat(
        [
            pd.DataFrame({"code": [NATION], "name": ["Norge"], "kind": "nation"}),
            counties.set_axis(["code", "name"], axis=1).assign(kind="county"),
            current[["code", "name"]].assign(kind="municipality"),
            groups.set_axis(["code", "name"], axis=1).assign(kind="group"),
        ],
        ignore_index=True,
    )


def name_of(code: str) -> str:
    """Return the printed name of an official code, or the code where it is not known."""
    known = list_regions().set_index("code")["name"]
    return str(known.get(code, code))


def _one(typed: str, renamed: str | None = None) -> Region:
    if not isinstance(typed, str):
        raise _no_text(typed)
    # A letter and its ring or stroke may come apart, as in names of files.
    typed = unicodedata.normalize("NFC", typed)
    wanted = typed.strip().casefold()
    for find in (_nation, _county, _municipality, _group, _spelled):
        found = find(wanted)
        if found is not None:
            return found if renamed is None else _renamed(found, renamed)
    raise _unknown(typed)


def _no_text(typed: object) -> RegionError:
    return RegionError(
        f"{typed!r} is no name or code of a region.",
        where="A code is text, with its leading zeros.",
        hint=f"dg.region('{typed:04d}')" if isinstance(typed, int) else "dg.region('Hitra')",
    )


def _renamed(found: Region, name: str) -> Region:
    if not found.is_group:
        raise RegionError(f"{found.name} is no group and keeps its own name.", hint=f"dg.region({found.name!r})")
    return Region(**{**found.__dict__, "name": name, "code": slug(name)})


def _nation(wanted: str) -> Region | None:
    if wanted not in ("norge", "noreg", "norway", "nation", "hele landet", NATION):
        return None
    return Region(NATION, "Norge", (NATION,), COUNTIES, ("Norge",))


def _county(wanted: str) -> Region | None:
    rows = municipalities()
    row = rows[(rows["county"] == wanted) | (rows["county_name"].str.casefold() == wanted)]
    if row.empty:
        return None
    code, name = str(row.iloc[0]["county"]), str(row.iloc[0]["county_name"])
    return Region(code, name, (code,), COUNTIES, (name,), (code,))


def _municipality(wanted: str) -> Region | None:
    rows = municipalities()
    same = (
        (rows["code"] == wanted)
        | (rows["name"].str.casefold() == wanted)
        | (rows["full_name"].str.casefold() == wanted)
    )
    found = rows[same]
    if len(found) > 1:
        raise _ambiguous(str(found.iloc[0]["name"]), found["code"].tolist())
    if found.empty:
        return None
    row = found.iloc[0]
    code, name = str(row["code"]), str(row["name"])
    return Region(code, name, (code,), MUNICIPALITIES, (name,), (str(row["county"]),))


def _group(wanted: str) -> Region | None:
    rows = _groups()
    found = rows[(rows["name"].str.casefold() == wanted) | (rows["slug"] == wanted)]
    if found.empty:
        return None
    members = [m for code in dict.fromkeys(found["member"]) if (m := _municipality(code)) is not None]
    notes = [note for note in dict.fromkeys(found["note"]) if note]
    return Region(
        code=str(found.iloc[0]["slug"]),
        name=str(found.iloc[0]["name"]),
        members=tuple(member.code for member in members),
        region_scheme=MUNICIPALITIES,
        names=tuple(member.name for member in members),
        counties=tuple(dict.fromkeys(county for member in members for county in member.counties)),
        notes=tuple(notes),
    )


def _spelled(wanted: str) -> Region | None:
    """Find a place by a part of its parallel name, by all its parts, or without marks on letters."""
    places = _spellings()
    parts = [wanted] if wanted in places else split_name(wanted)
    # SSB's tables put a bare hyphen between parts too, and some names have one of their own.
    parts = parts if parts[0] in places else wanted.split("-")
    codes = set.intersection(*(set(places.get(part, ())) for part in parts))
    if len(codes) > 1:
        raise _ambiguous(name_of(min(codes)), sorted(codes))
    return _one(codes.pop()) if codes else None


def _ambiguous(name: str, codes: list[str]) -> RegionError:
    rows = municipalities()
    counties = rows.set_index("code")["county_name"]
    kind = "municipalities" if set(codes) <= set(rows["code"]) else "regions"
    return RegionError(
        f"{len(codes)} {kind} are called {name!r}.",
        where=[f"{code} in {counties[code]}" if code in counties else f"{code} {name_of(code)}" for code in codes],
        hint=f"Use the code: dg.region('{codes[0]}')",
    )


@cache
def _spellings() -> dict[str, tuple[str, ...]]:
    """Return every way a name, or a part of it, may be typed, in small letters → codes of what is called so."""
    found: dict[str, list[str]] = {}
    for name, code in _named():
        for typed in ways_to_type(name):
            found.setdefault(typed, []).append(code)
    return {typed: tuple(dict.fromkeys(codes)) for typed, codes in found.items()}


def _named() -> list[tuple[str, str]]:
    """Return (name or part of it, code): today's names first, then what a municipality was called before."""
    known, rows, gone = list_regions(), municipalities(), former()
    today = dict(zip(rows["code"], rows["name"], strict=True))
    pairs = [*zip(known["name"], known["code"], strict=True), *zip(rows["full_name"], rows["code"], strict=True)]
    # The list of 2024 lacks some Sámi and Kven names that the same municipality has in the lists before it.
    pairs += [
        (name, code)
        for name, code in zip(gone["name"], gone["successors"], strict=True)
        if today.get(code) in parts_of(name)
    ]
    return [(part, code) for name, code in pairs for part in parts_of(name)]


def _unknown(typed: str) -> RegionError:
    gone = former()
    wanted = typed.strip().casefold()
    called = gone["name"].map(lambda name: wanted in {w for part in parts_of(name) for w in ways_to_type(part)})
    same = gone[(gone["code"] == wanted) | called]
    if len(same):
        row = same.iloc[-1]
        successors = [name_of(code) + f" {code}" for code in row["successors"].split()]
        said = "was divided between" if len(successors) > 1 else "is now part of"
        return RegionError(
            f"{row['name']} {row['code']} is a municipality of another era.",
            where=f"It {said} {_and(successors)}.",
            hint=f"dg.region('{row['successors'].split()[0]}')",
        )
    known = [name for name in dict.fromkeys(name for name, _ in _named()) if len(parts_of(name)) == 1]
    near = get_close_matches(wanted, [name.casefold() for name in known], n=3, cutoff=0.6)
    names = [name for name in known if name.casefold() in near]
    return RegionError(
        f"No region is called {typed!r}.",
        where=f"Did you mean {_or(names)}?" if names else "",
        hint="See all names with dg.list_regions().",
    )


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _or(names: Iterable[str]) -> str:
    return " or ".join(f"'{name}'" for name in names)


def table(name: str) -> pd.DataFrame:
    """Read one of the lists that ship with the package; codes stay text."""
    with files("demografi").joinpath("data", name).open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype="str", keep_default_na=False)


@cache
def municipalities() -> pd.DataFrame:
    """Return the municipalities of 2024; read it, do not change it."""
    return table("municipalities.csv")


@cache
def former() -> pd.DataFrame:
    """Return the municipalities of other eras; read it, do not change it."""
    return table("former_municipalities.csv")


@cache
def _groups() -> pd.DataFrame:
    return table("groups.csv")


CODE_LIST = Source(
    id="ssb_klass_131",
    publisher="SSB",
    table="KLASS 131",
    title="Standard for kommuneinndeling, 2024",
    vintage="2024",
    licence="NLOD 2.0 / CC BY 4.0",
)
