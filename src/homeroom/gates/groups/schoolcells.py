"""The sums of one school as a document, so that no row has to leave it, and the sums of many read back.

A document holds small cells by nature: a school has few pupils of any group. It is meant to be added up under encryption
(secure sums), so it is marked as not for publication, and what is published refuses to hold one.
"""

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from homeroom.domain import digests, errors
from homeroom.gates.groups import comparisons, sums
from homeroom.stats import clusters

SCHEMA_VERSION = 1
KIND = "homeroom.school-cells"
MARK = "notForPublication"
_MOST_BYTES = 64 << 20
_MOST_ROWS = 1e9
_SCORE_DECIMALS = 6
_PARTS = ("rows", "offered", "bins", "scores", "unrecorded")


def documents_of(found: sums.Sums, compared: Sequence[comparisons.Comparison]) -> dict[str, bytes]:
    """One document for each school, by site."""
    head = _head(found.frame, compared)
    return {
        site: digests.canonical_json({**head, "site": site, **_cells(found, k)}) for k, site in enumerate(found.sites)
    }


def _head(frame: sums.Frame, compared: Sequence[comparisons.Comparison]) -> dict[str, Any]:
    return {
        "schemaVersion": SCHEMA_VERSION,
        "kind": KIND,
        MARK: True,
        "bands": list(frame.bands),
        "stages": list(frame.stages),
        "thresholds": list(frame.thresholds),
        "comparisons": [{"name": each.name, "members": [list(member) for member in each.members]} for each in compared],
        "columns": list(frame.columns),
        "binCount": sums.BINS,
    }


def _cells(found: sums.Sums, school: int) -> dict[str, Any]:
    parts = {name: getattr(found, name)[school].ravel() for name in _PARTS}
    whole = {name: part.astype(np.int64).tolist() for name, part in parts.items() if name != "scores"}
    return {**whole, "scores": [round(score, _SCORE_DECIMALS) for score in parts["scores"].tolist()]}


def pooled(contents: Iterable[bytes], frame: sums.Frame, compared: Sequence[comparisons.Comparison]) -> sums.Sums:
    """The sums of many schools, each from its document, schools kept apart and sorted by site.

    Args:
        contents: documents, in any order.
        frame: what release and policy at hand make of the axes.
        compared: the comparisons of the policy.

    Raises:
        SpecError: there is none, one is no such document, is about another release or policy, or comes twice.
    """
    expected = json.loads(digests.canonical_json(_head(frame, compared)))
    read = sorted((_read(content, expected) for content in contents), key=lambda document: str(document["site"]))
    if not read:
        raise errors.SpecError("there are no cells of schools: run `homeroom gate cells` at each school")
    sites = tuple(str(document["site"]) for document in read)
    if len(set(sites)) < len(sites):
        raise errors.SpecError("a school has sent its cells twice: keep the newest file of each school")
    shapes = _shapes(frame)
    parts = {name: np.stack([_array(document, name, shapes[name]) for document in read]) for name in _PARTS}
    found = sums.Sums(frame=frame, sites=sites, **parts)
    _refuse_contradictions(found)
    return found


def together(ours: sums.Sums, theirs: sums.Sums) -> sums.Sums:
    """Schools of both, ours first.

    Raises:
        SpecError: a school is in both.
    """
    if set(ours.sites) & set(theirs.sites):
        raise errors.SpecError("a school is in the evaluation table and among the cells too: leave its cells out")
    parts = {name: np.concatenate([getattr(ours, name), getattr(theirs, name)]) for name in _PARTS}
    return sums.Sums(frame=ours.frame, sites=(*ours.sites, *theirs.sites), **parts)


def _shapes(frame: sums.Frame) -> dict[str, tuple[int, ...]]:
    base = (len(frame.bands), len(frame.names) + 1, 2)
    s = len(frame.stages)
    return {
        "rows": (*base, 2),
        "offered": (*base, 2, s, len(frame.thresholds)),
        "bins": (*base, 2, s, sums.BINS),
        "scores": (*base, s, sums.BINS),
        "unrecorded": (len(frame.bands), len(frame.columns)),
    }


def _read(content: bytes, expected: dict[str, Any]) -> dict[str, Any]:
    if len(content) > _MOST_BYTES:
        raise errors.SpecError(f"a file of cells has more than {_MOST_BYTES} bytes")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise errors.SpecError("a file of cells is not JSON: write it again with `homeroom gate cells`") from exc
    if not isinstance(document, dict) or document.get("kind") != KIND or not isinstance(document.get("site"), str):
        raise errors.SpecError("a file holds no cells of a school: write it again with `homeroom gate cells`")
    other = sorted(name for name, value in expected.items() if document.get(name) != value)
    if other:
        raise errors.SpecError(
            f"cells of a school are about another release or policy ({', '.join(other)} differ): write them again"
        )
    return document


def _array(document: dict[str, Any], name: str, shape: tuple[int, ...]) -> clusters.FloatArray:
    try:
        cells = np.array(document[name], dtype=np.float64)
    except (KeyError, TypeError, ValueError) as exc:
        raise errors.SpecError(f"cells of a school have no numbers under {name!r}: write them again") from exc
    if (
        cells.shape != (math.prod(shape),)
        or not np.isfinite(cells).all()
        or (cells < 0).any()
        or (cells > _MOST_ROWS).any()
    ):
        raise errors.SpecError(f"cells of a school hold something under {name!r} that cannot be: write them again")
    return cells.reshape(shape)


def _refuse_contradictions(found: sums.Sums) -> None:
    rows = found.rows[..., None]
    whole = all((part == np.floor(part)).all() for part in (found.rows, found.offered, found.bins, found.unrecorded))
    agree = (
        (found.bins.sum(axis=-1) == rows).all()
        and (found.offered <= rows[..., None]).all()
        and (found.scores <= found.bins.sum(axis=4) + 1e-3).all()
        and (found.rows[:, :, :-1].sum(axis=(3, 4)) <= found.rows[:, :, -1:].sum(axis=(3, 4))).all()
    )
    if not whole or not agree:
        raise errors.SpecError("cells of a school contradict each other: its counts do not add up; write them again")


def refuse_in_evidence(document: Any) -> None:
    """Looks through what is about to be published for cells of a school.

    Raises:
        Defect: it holds some.
    """
    if isinstance(document, dict):
        if document.get(MARK) or document.get("kind") == KIND:
            raise errors.Defect("cells of a school were about to be published; they hold counts of a few pupils")
        for value in document.values():
            refuse_in_evidence(value)
    elif isinstance(document, list | tuple):
        for value in document:
            refuse_in_evidence(value)
