"""The training reference of a release: sketches of its features as they were in training, small counts hidden."""

import enum
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from homeroom.domain import digests, errors
from homeroom.gates import yearcounts
from homeroom.stats import clusters, sketches

MAX_BYTES = 1 << 20
MAX_FEATURES = 512


class AgeBehaviour(enum.Enum):
    """What growing up does to a feature, as its author declares it (education.md A2)."""

    INVARIANT = "invariant"
    """Nothing: the kind of class."""
    GRADE_NORMED = "grade-normed"
    """Nothing any more: a score standardised within the year group."""
    AGE_DEPENDENT = "age-dependent"
    """It moves with age, such as a raw score; a model of it forgets pupils as they grow."""


@dataclass(frozen=True, slots=True)
class ContinuousSketch:
    """One numeric feature: counts in bins between rising inner edges; None where nothing is declared or told."""

    name: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    age: AgeBehaviour | None = None
    years: yearcounts.YearCounts | None = None


@dataclass(frozen=True, slots=True)
class CategorySketch:
    """One choice spread over 0/1 columns; categories too small to show are pooled into one group of columns.

    Attributes:
        name: of the choice.
        columns: columns of each shown category.
        counts: rows of each shown category.
        mix: whether it says only which school or year group a row is from, so that another mix of rows is no drift.
        age: what growing up does to it; None where nothing is declared.
        years: within each year group; None where that is not told, and always for a mix.
    """

    name: str
    columns: tuple[tuple[str, ...], ...]
    counts: tuple[int, ...]
    mix: bool = False
    age: AgeBehaviour | None = None
    years: yearcounts.YearCounts | None = None


Feature = ContinuousSketch | CategorySketch


@dataclass(frozen=True, slots=True)
class Reference:
    """What a model saw in training.

    Attributes:
        rows: rows trained on.
        minimum_cell: no count below it is shown.
        features: every feature once, in the order of the input tensor.
        year_groups: those that have counts of their own.
        small_year_groups: those that training saw too few rows of, or that hide one of these.
    """

    rows: int
    minimum_cell: int
    features: tuple[Feature, ...]
    year_groups: tuple[str, ...] = ()
    small_year_groups: tuple[str, ...] = ()

    def columns(self) -> tuple[str, ...]:
        """Names of all input columns that are covered."""
        names: list[str] = []
        for feature in self.features:
            names += [feature.name] if isinstance(feature, ContinuousSketch) else sum(feature.columns, ())
        return tuple(names)

    def to_bytes(self) -> bytes:
        """Canonical JSON, as it lies beside the model."""
        return digests.canonical_json(
            {
                "schemaVersion": 1,
                "rows": self.rows,
                "minimumCell": self.minimum_cell,
                "features": [_feature_json(feature) for feature in self.features],
                **self._year_groups_json(),
            }
        )

    def _year_groups_json(self) -> dict[str, Any]:
        told = {"yearGroups": self.year_groups, "smallYearGroups": self.small_year_groups}
        return {key: list(names) for key, names in told.items() if names}


def build(
    values: Mapping[str, clusters.FloatArray],
    categories: Mapping[str, tuple[str, ...]],
    *,
    minimum_cell: int,
    mix: frozenset[str] = frozenset(),
    ages: Mapping[str, AgeBehaviour] | None = None,
    year_groups: yearcounts.Names | None = None,
) -> Reference:
    """Reference of training values.

    Args:
        values: by column name, each of shape (n,).
        categories: 0/1 columns of each choice, by the choice's name; every other column is numeric.
        minimum_cell: smallest count to show.
        mix: choices that say only which school or year group a row is from.
        ages: what growing up does to a feature, by its name or its choice's; what is left out is not declared.
        year_groups: of each row, as the evaluation table names them; pupils are compared with those of their own year group
            then, and with all of the training where it had too few of that one.

    Raises:
        SpecError: there is not one year group for each row; or few rows have a value of a choice, or few have none.
    """
    chosen = {column: name for name, columns in categories.items() for column in columns}
    features: list[Feature] = []
    for column, numbers in values.items():
        name = chosen.get(column)
        if name is None:
            features.append(_build_continuous(column, numbers, minimum_cell))
        elif column == categories[name][0]:
            features.append(replace(_build_categories(name, categories[name], values, minimum_cell), mix=name in mix))
    declared = tuple(replace(feature, age=(ages or {}).get(feature.name)) for feature in features)
    known = Reference(rows=len(next(iter(values.values()))), minimum_cell=minimum_cell, features=declared)
    return known if year_groups is None else _with_year_groups(known, values, year_groups)


def parse(content: bytes) -> Reference:
    """The reference that ``Reference.to_bytes`` wrote.

    Raises:
        SpecError: it is too large, no JSON, or not of that form.
    """
    if len(content) > MAX_BYTES:
        raise errors.SpecError(f"reference.json has {len(content)} bytes; at most {MAX_BYTES} are read")
    try:
        value = json.loads(content)
        told, small = (tuple(str(name) for name in value.get(key, ())) for key in ("yearGroups", "smallYearGroups"))
        return Reference(
            rows=_whole(value["rows"]),
            minimum_cell=_whole(value["minimumCell"]),
            features=tuple(_parse_feature(feature, len(told)) for feature in value["features"][:MAX_FEATURES]),
            year_groups=told,
            small_year_groups=small,
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as exc:
        raise errors.SpecError(f"reference.json is not a training reference: {exc!s:.200}") from exc


def category_of(groups: Sequence[Sequence[npt.NDArray[Any]]], name: str) -> clusters.IntArray:
    """Category of each row of a choice; shape (n,). Rows with no 1 at all are a category of their own, the last.

    Args:
        groups: columns of each category, each of shape (n,).
        name: of the choice.

    Raises:
        SpecError: a value is neither 0 nor 1, or a row has more than one 1.
    """
    rows = len(groups[0][0])
    ones, category = np.zeros(rows, dtype=np.int64), np.full(rows, len(groups), dtype=np.int64)
    for place, group in enumerate(groups):
        for column in group:
            chosen = column == 1
            # Refused together with a second 1 below.
            ones += np.where(chosen | (column == 0), chosen, 2)
            category[chosen] = place
    if (ones > 1).any():
        raise errors.SpecError(f"the columns of {name!r} must be 0 or 1, with at most one 1 in a row")
    return category


def refuse_other_columns(reference: Reference, features: Sequence[str]) -> None:
    """Checks that reference and release speak of the same input.

    Raises:
        SpecError: a column is missing or too much.
    """
    differing = sorted(set(reference.columns()) ^ set(features))
    if differing or len(reference.columns()) != len(features):
        shown = ", ".join(repr(name[:63]) for name in differing[:8])
        raise errors.SpecError(f"reference.json and the release do not have the same features; differing: {shown}")


def _with_year_groups(
    known: Reference, values: Mapping[str, clusters.FloatArray], year_groups: yearcounts.Names
) -> Reference:
    parts = yearcounts.divide(year_groups, known.rows, known.minimum_cell)
    features: list[Feature] = []
    for feature in known.features:
        if isinstance(feature, CategorySketch) and feature.mix:
            features.append(feature)
            continue
        histograms = _by_part(feature, values, parts)
        ordered = isinstance(feature, ContinuousSketch)
        features.append(replace(feature, years=yearcounts.count(histograms, known.minimum_cell, ordered=ordered)))
    return replace(known, features=tuple(features), year_groups=parts.told, small_year_groups=parts.small)


def _by_part(
    feature: Feature, values: Mapping[str, clusters.FloatArray], parts: yearcounts.Parts
) -> clusters.FloatArray:
    """Rows of each told year group, and of all others, in the bins of a feature; shape (g+1, m)."""
    count = len(parts.told) + 1
    if isinstance(feature, ContinuousSketch):
        return sketches.histograms(values[feature.name], np.array(feature.edges), parts.index, count)
    members = [np.sum([values[column] for column in group], axis=0) for group in feature.columns]
    shown = np.column_stack([np.bincount(parts.index, weights=member, minlength=count) for member in members])
    none = np.bincount(parts.index, minlength=count) - shown.sum(axis=1)
    if none.min() < 0:
        raise errors.SpecError(f"the columns of {feature.name!r} must be 0 or 1, with at most one 1 in a row")
    return np.column_stack([shown, none])


def _build_continuous(name: str, values: clusters.FloatArray, minimum: int) -> ContinuousSketch:
    finest = sketches.edges_for(values)
    whole = sketches.histograms(values, finest, np.zeros(len(values), dtype=np.int64), 1)[0]
    edges, counts = sketches.merge_small_bins(finest, whole, minimum)
    return ContinuousSketch(name=name, edges=tuple(edges.tolist()), counts=tuple(int(count) for count in counts))


def _build_categories(
    name: str, columns: tuple[str, ...], values: Mapping[str, clusters.FloatArray], minimum: int
) -> CategorySketch:
    counts = np.array([values[column].sum() for column in columns])
    groups = sketches.pool_small_categories(counts, minimum)
    shown = tuple(int(sum(counts[index] for index in group)) for group in groups)
    # Who has no value is in no count, and is what is left when the counts are subtracted from all.
    if any(0 < count < minimum for count in (*shown, len(values[columns[0]]) - sum(shown))):
        raise errors.SpecError(
            f"fewer than {minimum} rows have a value of {name!r}, or fewer have none of its values: leave it out of the input, "
            "or give those without a value a column of their own"
        )
    return CategorySketch(
        name=name, columns=tuple(tuple(columns[index] for index in group) for group in groups), counts=shown
    )


def _feature_json(feature: Feature) -> dict[str, Any]:
    # What is not declared is left out, so that earlier references keep their digests.
    more: dict[str, Any] = {} if feature.age is None else {"ageBehaviour": feature.age.value}
    more |= {} if feature.years is None else {"byYearGroup": feature.years.to_json()}
    if isinstance(feature, ContinuousSketch):
        return {
            "name": feature.name,
            "kind": "continuous",
            "edges": list(feature.edges),
            "counts": list(feature.counts),
            **more,
        }
    columns = [list(group) for group in feature.columns]
    return {
        "name": feature.name,
        "kind": "categories",
        "columns": columns,
        "counts": list(feature.counts),
        "mix": feature.mix,
        **more,
    }


def _parse_feature(value: dict[str, Any], year_groups: int) -> Feature:
    age = None if "ageBehaviour" not in value else AgeBehaviour(value["ageBehaviour"])
    name, counts = str(value["name"]), tuple(_whole(count) for count in value["counts"])
    if not counts or sum(counts) == 0:
        raise ValueError(f"feature {name[:80]!r} has no counts")
    if value["kind"] == "categories":
        columns = tuple(tuple(str(column) for column in group) for group in value["columns"])
        if len(columns) != len(counts):
            raise ValueError(f"feature {name[:80]!r} has {len(columns)} groups of columns and {len(counts)} counts")
        years = _parse_years(value, len(counts) + 1, year_groups)
        return CategorySketch(name, columns, counts, mix=value["mix"] is True, age=age, years=years)
    edges = tuple(float(edge) for edge in value["edges"])
    rising = all(left < right for left, right in itertools.pairwise(edges))
    if value["kind"] != "continuous" or len(counts) != len(edges) + 1 or not rising:
        raise ValueError(f"feature {name[:80]!r} needs rising edges and one count more than edges")
    return ContinuousSketch(name, edges, counts, age=age, years=_parse_years(value, len(counts), year_groups))


def _parse_years(value: dict[str, Any], bins: int, year_groups: int) -> yearcounts.YearCounts | None:
    return None if "byYearGroup" not in value else yearcounts.parse(value["byYearGroup"], bins, year_groups)


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!s:.40} is not a whole number from 0 up")
    return value
