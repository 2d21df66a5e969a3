"""Asking a school's box: columns by name, refusals in words."""

from pathlib import Path
from typing import Any

import pytest

from homeroom.client import boxes
from homeroom.domain import errors

METADATA = {"inputs": [{"name": "features", "parameters": {"features": ["read_z", "year_K"]}}]}
ANSWER: dict[str, Any] = {
    "parameters": {"level": "full", "releaseDigest": "sha256:" + "a" * 64, "expires": "2027-02-21T00:00:00+00:00"},
    "outputs": [
        {"name": "score", "data": [0.10, 0.80, 0.30]},
        {"name": "rank", "data": [3, 1, 2]},
        {"name": "offered", "data": [False, True, True]},
    ],
}


def test_columns_go_in_the_order_that_the_model_names() -> None:
    """Whatever the order in the file, and whatever else is in it."""
    question = boxes.build_question(METADATA, [{"year_K": "1", "note": "x", "read_z": "-0.5"}])
    assert question["inputs"][0]["data"] == [-0.5, 1.0]
    assert question["inputs"][0]["shape"] == [1, 2]


@pytest.mark.parametrize(
    ("row", "message"),
    [({"read_z": "1"}, "no column 'year_K'"), ({"read_z": "low", "year_K": "1"}, "row 1, column 'read_z'")],
    ids=["missing-column", "no-number"],
)
def test_a_row_that_does_not_fit_is_named(row: dict[str, str], message: str) -> None:
    with pytest.raises(errors.SpecError, match=message):
        boxes.build_question(METADATA, [row])


def test_a_missing_file_is_named() -> None:
    with pytest.raises(errors.SpecError, match=r"cannot read .*nowhere\.csv"):
        boxes.read_rows(Path("nowhere.csv"))


def test_only_rows_with_an_offer_are_listed_first_place_first() -> None:
    """Nobody is shown as not needing support."""
    answer = boxes._read(ANSWER)
    assert answer.ranked == [(1, 2, "0.80"), (2, 3, "0.30")]
    assert answer.level == "full"
    assert "2027-02-21" in answer.sentence


def test_no_suggestion_is_a_sentence() -> None:
    nothing = {"parameters": {"level": "none", "sentence": "no suggestion, use your usual way"}, "outputs": []}
    answer = boxes._read(nothing)
    assert answer.ranked == []
    assert answer.sentence == "no suggestion, use your usual way"
