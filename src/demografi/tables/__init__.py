"""Columns, keys, completeness and provenance of every table, and the face all results share.

Conventions, said once: a stock of persons is 1 January of ``year``; a flow belongs to its
calendar year; ages are completed years, in flows the age reached by 31 December of the year;
``sex`` is ``"female"`` or ``"male"``; ``region`` is text with leading zeros. A cell without a
value says why in ``status``; missing, suppressed and zero are three things.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import FrozenInstanceError, asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Self

import pandas as pd

from demografi import faces, labels
from demografi.errors import DemografiError, SourceError, TableError
from demografi.tables.columns import Column, typed, whole_year

__all__ = [
    "STATUS_SIGNS",
    "Caution",
    "Column",
    "Contract",
    "Result",
    "Source",
    "merge_sources",
    "merge_unique",
    "must_be",
    "source_line",
    "whole_year",
]

STATUS_SIGNS = MappingProxyType(
    {".": "not applicable", "..": "not available", ":": "cannot be published", "": "has a value"}
)
"""Statistics Norway's signs for a cell without a value."""

SEXES = ("female", "male")
# From pandas 3 a copy shares its values until either side is written to, and costs next to nothing.
_COPIES_ON_WRITE = int(pd.__version__.split(".")[0]) >= 3
PROGRAM = "demografi"
VERSION = "0.1"


@dataclass(frozen=True)
class Contract:
    """The columns other programs rely on, checked once, when a noun is made."""

    name: str
    columns: tuple[Column, ...]
    complete: tuple[str, ...] = ()
    """Keys whose every combination must be there; empty where the table need not be a grid."""

    @property
    def keys(self) -> list[str]:
        """Names of the columns that identify a row."""
        return [column.name for column in self.columns if column.kind == "key"]

    @property
    def names(self) -> list[str]:
        """All column names in order."""
        return [column.name for column in self.columns]

    def check(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table in the contract's order and types, or refuse it.

        Raises
        ------
        TableError
            A column is lacking, a row stands twice, the grid has a hole, a value is missing
            without a status, a sign stands beside a value, or a count is below zero.
        """
        self._check_columns(table)
        extra = [name for name in table.columns if name not in self.names]
        table = table[[*self.names, *extra]].reset_index(drop=True)
        table = table.assign(**{column.name: typed(self.name, table[column.name], column) for column in self.columns})
        self._check_keys(table)
        self._check_grid(table)
        self._check_values(table)
        return table

    def _check_columns(self, table: pd.DataFrame) -> None:
        if not isinstance(table, pd.DataFrame):
            raise TableError(
                f"The table '{self.name}' is no table but {type(table).__name__!r}.",
                where=f"Wanted: a pandas.DataFrame with {', '.join(self.names)}.",
                hint="pandas.DataFrame(rows)",
            )
        double = table.columns[table.columns.duplicated()]
        if len(double):
            raise TableError(
                f"The table '{self.name}' has the column {double[0]!r} more than once.",
                hint="table.loc[:, ~table.columns.duplicated()]",
            )
        lacking = [name for name in self.names if name not in table.columns]
        if lacking:
            raise TableError(
                f"The table '{self.name}' lacks the column {lacking[0]!r}.",
                where=[f"Seen: {', '.join(map(str, table.columns))}.", f"Wanted: {', '.join(self.names)}."],
                hint=f"Rename or add {', '.join(map(repr, lacking))} and call again.",
            )
        if table.empty:
            raise TableError(f"The table '{self.name}' has no rows.", hint="Give at least one region and year.")
        holes = [key for key in self.keys if table[key].isna().any()]
        if holes:
            raise TableError(
                f"The table '{self.name}' has rows without {holes[0]!r}.",
                hint=f"Every row needs {', '.join(self.keys)}.",
            )

    def _check_keys(self, table: pd.DataFrame) -> None:
        double = table[table.duplicated(self.keys, keep="first")]
        if len(double):
            raise TableError(
                f"The same row stands more than once in the table '{self.name}'.",
                where=_rows(double, self.keys),
                hint=f"Each combination of {', '.join(self.keys)} may stand once.",
            )
        if "sex" in self.names and not table["sex"].isin(SEXES).all():
            odd = sorted(set(table["sex"]) - set(SEXES))
            raise TableError(
                f"The table '{self.name}' has the sex {odd[0]!r}.",
                where=[f"Seen: {', '.join(map(repr, odd))}.", "Wanted: 'female' or 'male'."],
                hint=f"table['sex'] = table['sex'].map({_sexes(odd)})",
            )

    def _check_grid(self, table: pd.DataFrame) -> None:
        if not self.complete:
            return
        keys = list(self.complete)
        wanted = 1
        for key in keys:
            wanted *= table[key].nunique()
        if len(table) == wanted:
            return
        full = pd.MultiIndex.from_product([table[key].unique() for key in keys], names=keys)
        holes = full.difference(pd.MultiIndex.from_frame(table[keys])).to_frame(index=False)
        raise TableError(
            f"The table '{self.name}' has {len(holes)} hole{'s' if len(holes) > 1 else ''}.",
            where=_rows(holes, keys),
            hint="Add the cells, with a status where there is no value; nothing is filled silently.",
        )

    def _check_values(self, table: pd.DataFrame) -> None:
        for column in (c for c in self.columns if c.kind == "measure"):
            values = table[column.name]
            if "status" in self.names:
                self._check_signs(table)
                wrong = table[values.isna() == (table["status"] == "")]
                if len(wrong):
                    raise TableError(
                        f"In '{self.name}' a cell lacks both value and sign, or has both.",
                        where=_rows(wrong, [*self.keys, column.name, "status"]),
                        hint="A cell with a sign has no value, and only such a cell may lack one.",
                    )
            elif values.isna().any() and not column.may_be_missing:
                raise TableError(
                    f"In '{self.name}' the column {column.name!r} has empty cells.",
                    where=_rows(table[values.isna()], self.keys),
                    hint="Give the value, or a status that says why there is none.",
                )
            if not column.signed and (values < 0).any():
                raise TableError(
                    f"In '{self.name}' the column {column.name!r} goes below zero.",
                    where=_rows(table[values < 0], [*self.keys, column.name]),
                    hint=f"{column.name} cannot be negative; look at the rows above.",
                )

    def _check_signs(self, table: pd.DataFrame) -> None:
        odd = table[~table["status"].isin(STATUS_SIGNS)]
        if len(odd):
            raise TableError(
                f"In '{self.name}' the status {odd['status'].iloc[0]!r} is not one of Statistics Norway's signs.",
                where=[f"{sign!r}: {meaning}" for sign, meaning in STATUS_SIGNS.items()],
                hint="Leave status empty where there is a value.",
            )


def _sexes(seen: list[str]) -> dict[str, str]:
    """Give the line that mends words for sex, with those seen where they begin as a word for women or men does."""
    women, men = ("f", "k", "w", "j", "2"), ("m", "g", "b", "1")
    known = {word: "female" for word in seen if word[:1].casefold() in women}
    known |= {word: "male" for word in seen if word[:1].casefold() in men}
    return known or {"Kvinner": "female", "Menn": "male"}


def _rows(table: pd.DataFrame, names: list[str]) -> list[str]:
    return [", ".join(f"{name} {value}" for name, value in row.items()) for row in table[names].to_dict("records")]


@dataclass(frozen=True)
class Source:
    """Where figures come from: enough to find them again and to print the line under a figure."""

    id: str
    publisher: str
    table: str
    title: str
    vintage: str = ""
    updated: str = ""
    fetched: str = ""
    url: str = ""
    licence: str = ""
    sha256: str = ""
    caveat: str = ""

    def named(self, language: str = "nb") -> str:
        """Return the table as people name it: "tabell 07459" where it has a number."""
        return labels.text("table", language, table=self.table) if self.table[:1].isdigit() else self.table


@dataclass(frozen=True)
class Caution:
    """Something a reader must know to trust a number: a row of the label table and what fills it.

    Parameters
    ----------
    key
        Row of ``data/labels.csv``.
    values
        What fills its blanks, as pairs: text stays as it is (years are text), numbers are
        printed as people write them (a name that begins with ``share`` as per cent), tuples of
        names are joined.
    """

    key: str
    values: tuple[tuple[str, str | float | tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, key: str, **values: str | float | tuple[str, ...]) -> Caution:
        """Make a caution from keywords."""
        return cls(key, tuple(values.items()))

    def text(self, language: str = "en") -> str:
        """Say it in ``"nb"``, ``"nn"`` or ``"en"``."""
        return labels.text(self.key, language, **self.printed(language))

    def printed(self, language: str = "en") -> dict[str, str]:
        """Return what fills each blank, as it is printed."""
        return {name: _said(name, value, language) for name, value in self.values}


def _said(name: str, value: str | float | tuple[str, ...], language: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple | list):
        return labels.join_names(value, language)
    if name.startswith("share"):
        return labels.percent(value, 1, language=language)
    return labels.number(value, 0 if float(value).is_integer() else 1, language=language)


def merge_unique(*groups: Iterable[Caution]) -> tuple[Caution, ...]:
    """Put cautions together, each once, in the order they were first met."""
    return tuple(dict.fromkeys(item for group in groups for item in group))


def merge_sources(*groups: Iterable[Source]) -> tuple[Source, ...]:
    """Put sources together, each once, in the order they were first met."""
    return tuple({source.id: source for group in groups for source in group}.values())


def source_line(sources: Iterable[Source], language: str = "nb", *, calculated: bool = True) -> str:
    """Return the line under a figure: table, vintage and dates, made from provenance.

    Examples
    --------
    >>> source_line([Source("a", "SSB", "07459", "", fetched="2026-11-21")], calculated=False)
    'Kilde: SSB, tabell 07459, hentet 21.11.2026.'
    """
    own: list[str] = []
    parts: list[str] = []
    for source in sources:
        words = [source.publisher, source.named(language)]
        if source.updated:
            words.append(labels.text("updated", language, date=labels.date(source.updated, language)))
        if source.fetched:
            words.append(labels.text("fetched", language, date=labels.date(source.fetched, language)))
        (own if source.publisher == PROGRAM else parts).append(", ".join(word for word in words if word))
    line = f"{labels.label('source', language)}: {'; '.join(dict.fromkeys(parts))}." if parts else ""
    if own or calculated:
        line += " " + labels.text("calculations", language, program=f"{PROGRAM} {VERSION}") + "."
    return line.strip()


class _Tables(Mapping[str, pd.DataFrame]):
    """Tables by name; each access gives a copy, so that nothing done to it reaches the result."""

    def __init__(self, tables: Mapping[str, pd.DataFrame]) -> None:
        self._held = dict(tables)

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self._held[name].copy(deep=not _COPIES_ON_WRITE)

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __repr__(self) -> str:
        return f"Tables: {', '.join(self._held)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self._held,)


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What every noun is: plain tables under contract, with sources, cautions and a face.

    Immutable: every access to a table gives a copy, so threads and callers cannot disturb
    each other.
    """

    CONTRACTS: ClassVar[Mapping[str, Contract]] = {}
    contract: ClassVar[int] = 1

    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    facts: Mapping[str, Any]
    own_sources: tuple[Source, ...] = ()
    own_cautions: tuple[Caution, ...] = ()
    rests_on: Mapping[str, Result] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        checked = {name: self.CONTRACTS[name].check(table) for name, table in self.tables.items()}
        object.__setattr__(self, "tables", _Tables(checked))
        object.__setattr__(self, "facts", MappingProxyType(dict(self.facts)))
        object.__setattr__(self, "rests_on", MappingProxyType(dict(self.rests_on)))

    def __init_subclass__(cls) -> None:
        # A frozen dataclass guards its own fields only; the nouns below it would take anything else.
        cls.__setattr__ = _refuse_assignment  # type: ignore[method-assign, assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        made_of = (dict(self.tables), dict(self.facts), self.own_sources, self.own_cautions, dict(self.rests_on))
        return type(self), made_of

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Provenance of everything this rests on."""
        return merge_sources(*(part.sources for part in self.rests_on.values()), self.own_sources)

    @cached_property
    def known_cautions(self) -> tuple[Caution, ...]:
        """What a reader must know, of this and of everything it rests on."""
        return merge_unique(*(part.known_cautions for part in self.rests_on.values()), self.own_cautions)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader must know, in English; other languages by ``known_cautions``."""
        return tuple(caution.text("en") for caution in self.known_cautions)

    @property
    def schema(self) -> pd.DataFrame:
        """One row per column: table, column, dtype, unit, kind, may_be_missing, reference."""
        rows = [
            {"table": name, **asdict(column)}
            for name, contract in self.CONTRACTS.items()
            if name in self.tables
            for column in contract.columns
        ]
        return pd.DataFrame(rows).rename(columns={"name": "column"})

    def has(self, name: str) -> bool:
        """Tell whether a table is here."""
        return name in self.tables

    def table(self, name: str) -> pd.DataFrame:
        """Return a copy of one table.

        Raises
        ------
        SourceError
            The sources at hand lack it.
        """
        if name not in self.tables:
            raise SourceError(
                f"{self._called()} has no table '{name}'.",
                where=[
                    f"It has: {', '.join(self.tables)}.",
                    *(why for why in (self.facts.get("lacking", {}).get(name, ""),) if why),
                ],
                hint=f"Ask first with .has({name!r}).",
            )
        return self.tables[name].copy()

    def _summed(self, code: str) -> dict[str, pd.DataFrame]:
        """Add every table over its regions; where a part is missing the sum is missing."""
        return {name: _sum_over_regions(t, self.CONTRACTS[name], code) for name, t in self.tables.items()}

    def save(self, path: str | Path) -> Path:
        """Write everything to one Parquet file, with schema and sources inside.

        Parameters
        ----------
        path
            File to write; its folder must exist. Written aside and moved when whole.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = Path(path)
        if not path.parent.is_dir():
            raise SourceError(f"There is no folder '{path.parent}'.", hint=f"mkdir -p {path.parent}")
        if path.is_dir():
            raise SourceError(f"'{path}' is a folder, not a file.", hint=f"result.save('{path}/result.parquet')")
        frames = [frame.assign(table=name) for name, frame in self._flat_tables().items()]
        stacked = pa.Table.from_pandas(pd.concat(frames, ignore_index=True), preserve_index=False)
        meta = json.dumps(self._described(), ensure_ascii=False)
        stacked = stacked.replace_schema_metadata({**(stacked.schema.metadata or {}), b"demografi": meta.encode()})
        aside = path.with_name(path.name + ".part")
        pq.write_table(stacked, aside, compression="zstd")
        aside.replace(path)
        return path

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Read what :meth:`save` wrote.

        Raises
        ------
        SourceError
            The file is absent, no file of this package, or holds another noun.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = Path(path)
        if not path.is_file():
            raise SourceError(f"There is no file '{path}'.", hint="Write one with result.save('name.parquet').")
        try:
            stacked = pq.read_table(path)
        except pa.ArrowException as error:
            raise SourceError(f"'{path}' is no Parquet file.", where=str(error)) from error
        meta = (stacked.schema.metadata or {}).get(b"demografi")
        if meta is None:
            raise SourceError(
                f"'{path}' was not written by demografi.", hint="Read other files with pandas.read_parquet."
            )
        described = json.loads(meta)
        if described["noun"] != cls.__name__:
            raise SourceError(
                f"'{path}' holds a {described['noun']}, not a {cls.__name__}.",
                hint=f"demografi.{described['noun']}.open('{path}')",
            )
        rebuilt: Self = _rebuilt(cls, described, stacked.to_pandas(), "")
        return rebuilt

    def _flat_tables(self, prefix: str = "") -> dict[str, pd.DataFrame]:
        flat = {prefix + name: frame for name, frame in self.tables.items()}
        for name, part in self.rests_on.items():
            flat |= part._flat_tables(f"{prefix}{name}/")
        return flat

    def _described(self) -> dict[str, Any]:
        return {
            "noun": type(self).__name__,
            "contract": self.contract,
            "facts": dict(self.facts),
            "cautions": [[caution.key, [list(pair) for pair in caution.values]] for caution in self.own_cautions],
            "sources": [asdict(source) for source in self.own_sources],
            "schema": {n: [asdict(c) for c in self.CONTRACTS[n].columns] for n in self.tables},
            "columns": {name: list(frame.columns) for name, frame in self.tables.items()},
            "truths": {n: list(t.columns[[bool(d == "bool") for d in t.dtypes]]) for n, t in self.tables.items()},
            "rests_on": {name: part._described() for name, part in self.rests_on.items()},
        }

    def _called(self) -> str:
        return f"{type(self).__name__} of {self.facts.get('region', {}).get('name', 'no region')}"

    def _headline(self) -> str:
        return ""

    def __repr__(self) -> str:
        lines = [self._called(), self._headline()]
        if self.sources:
            lines.append(
                f"Source: {self.sources[0].publisher}, {self.sources[0].named('en')}"
                + (f" and {len(self.sources) - 1} more (.sources)" if len(self.sources) > 1 else "")
            )
        if self.cautions:
            lines.append(
                f"Caution: {self.cautions[0]}"
                + (f" (and {len(self.cautions) - 1} more in .cautions)" if len(self.cautions) > 1 else "")
            )
        return "\n  ".join(line for line in lines if line)

    def _face_table(self) -> pd.DataFrame | None:
        """Give the few rows a notebook shows."""
        return None

    def _repr_html_(self) -> str:
        drawn = None
        with suppress(DemografiError):
            drawn = self.plot() if hasattr(self, "plot") else None
        return faces.as_html(repr(self), self._face_table(), drawn)


def _refuse_assignment(self: Result, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def must_be(given: object, kinds: type | tuple[type, ...], verb: str, hint: str) -> None:
    """Refuse what a verb cannot take, by the noun's name.

    Raises
    ------
    TableError
        The argument is none of the nouns wanted.
    """
    if isinstance(given, kinds):
        return
    wanted = " or ".join(kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
    raise TableError(f"{verb} cannot take a {type(given).__name__}.", where=f"Wanted: {wanted}.", hint=hint)


def _sum_over_regions(table: pd.DataFrame, contract: Contract, code: str) -> pd.DataFrame:
    keys = [c.name for c in contract.columns if c.kind != "measure" and c.name not in ("region", "status")]
    measures = [column.name for column in contract.columns if column.kind == "measure"]
    groups = table.groupby(keys, sort=False, observed=True)[measures]
    summed = groups.sum()
    whole = groups.count().eq(table["region"].nunique())
    summed = summed.where(whole).reset_index().assign(region=code)
    if "status" in contract.names:
        summed["status"] = summed[measures[0]].isna().map({True: "..", False: ""})
    return summed


def _nouns(kind: type[Result]) -> dict[str, type[Result]]:
    found = {kind.__name__: kind}
    for child in kind.__subclasses__():
        found |= _nouns(child)
    return found


def _rebuilt(cls: type[Any], described: Mapping[str, Any], stacked: pd.DataFrame, prefix: str) -> Any:
    nouns = _nouns(Result)
    tables = {
        name: stacked.loc[stacked["table"] == prefix + name, columns].reset_index(drop=True)
        for name, columns in described["columns"].items()
    }
    for name, truths in described.get("truths", {}).items():
        # Beside tables without it, a column of true and false came back as objects.
        tables[name] = tables[name].astype(dict.fromkeys(truths, "bool"))
    parts = {
        name: _rebuilt(nouns[part["noun"]], part, stacked, f"{prefix}{name}/")
        for name, part in described["rests_on"].items()
    }
    return cls(
        tables=tables,
        facts=described["facts"],
        own_sources=tuple(Source(**source) for source in described["sources"]),
        own_cautions=tuple(
            Caution(key, tuple((name, tuple(v) if isinstance(v, list) else v) for name, v in values))
            for key, values in described["cautions"]
        ),
        rests_on=parts,
    )
