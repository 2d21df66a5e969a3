"""Year groups follow each other where their names say so, and nowhere else."""

import pytest

from homeroom.domain import yeargroups


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("K", 0),
        ("Reception", 0),
        ("1", 1),
        ("Year 1", 1),
        ("Grade 10", 10),
        ("Klasse 7", 7),
        ("Sixth form", None),
        ("", None),
    ],
)
def test_place_of_a_year_group(name: str, place: int | None) -> None:
    assert yeargroups.order(name) == place


def test_moves_join_neighbours_only() -> None:
    assert yeargroups.moves(frozenset({"2", "K", "1", "4"})) == (("K", "1"), ("1", "2"))
    assert yeargroups.moves(frozenset({"1", "Year 1", "2"})) == ()
    assert yeargroups.moves(frozenset()) == ()
