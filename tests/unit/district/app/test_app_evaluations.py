"""Evaluation rows: checked while they come in, kept privately, whole or not at all."""

import gzip
import pathlib
from collections.abc import AsyncIterator

import pytest

from homeroom.district import evaluations
from homeroom.domain import digests, errors

HEADER = ",".join(evaluations.REQUIRED_COLUMNS)
TABLE = gzip.compress(f"{HEADER},free_lunch\ns,K,K-2,1,0.5,0.5,0.5,F\n".encode(), mtime=0)


async def pieces(content: bytes, size: int = 7) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.fixture
def store(tmp_path: pathlib.Path) -> evaluations.EvaluationStore:
    return evaluations.EvaluationStore(tmp_path / "rows", max_bytes=10_000, max_plain_bytes=200_000)


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_a_table_is_kept_by_its_digest_however_it_arrives(store: evaluations.EvaluationStore, size: int) -> None:
    digest = await store.put(pieces(TABLE, size))
    assert digest == digests.of_bytes(TABLE)
    assert store.read(digest) == TABLE
    assert [path.stat().st_mode & 0o777 for path in store.directory.iterdir()] == [0o600]
    assert store.directory.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cut off"),
        (TABLE[:-4], "cut off"),
        (b"plain,text\n", "no gzip"),
        (TABLE + b"more", "something follows"),
        (gzip.compress(b"\xff\xfe\n1\n"), "no CSV heading"),
        (gzip.compress(b"site_id,outcome\ns,1\n"), "lacks the columns"),
        (gzip.compress(f"{HEADER},sex,sex\nx\n".encode()), "more than once"),
        (gzip.compress(f"{HEADER},Student_ID\nx\n".encode()), "names pupils"),
        (gzip.compress(f"{HEADER}\n".encode()), "no rows"),
        (gzip.compress(HEADER.encode() + b"\n" + b"0" * 300_000), "larger than"),
    ],
    ids=["empty", "cut", "plain", "tail", "binary", "columns", "twice", "pupils", "no rows", "bomb"],
)
async def test_what_cannot_be_judged_is_refused_and_nothing_of_it_stays(
    store: evaluations.EvaluationStore, content: bytes, said: str
) -> None:
    with pytest.raises(errors.SpecError, match=said):
        await store.put(pieces(content))
    assert list(store.directory.iterdir()) == []


async def test_a_table_over_the_cap_is_refused_before_its_end(store: evaluations.EvaluationStore) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 1_000_000:
            sent += 4_000
            yield TABLE[:60] + bytes(3_940) if sent == 4_000 else bytes(4_000)

    with pytest.raises(errors.SpecError):
        await store.put(endless())
    assert sent < 20_000


async def test_an_altered_file_is_noticed(store: evaluations.EvaluationStore) -> None:
    digest = await store.put(pieces(TABLE))
    next(store.directory.iterdir()).write_bytes(b"something else")
    with pytest.raises(errors.Defect, match="altered"):
        store.read(digest)


def test_a_table_that_was_never_uploaded_is_not_found(store: evaluations.EvaluationStore) -> None:
    with pytest.raises(errors.SpecError, match="upload it first"):
        store.read(digests.of_bytes(b"nothing"))
