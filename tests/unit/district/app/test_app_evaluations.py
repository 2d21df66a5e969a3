"""Evaluation rows: checked while they come in, kept privately, whole or not at all."""

import gzip
import pathlib
from collections.abc import AsyncIterator

import numpy as np
import pytest

from homeroom.district import evaluations
from homeroom.domain import digests, errors
from homeroom.gates.reading import files

HEADER = ",".join(evaluations.REQUIRED_COLUMNS)
TABLE = gzip.compress(f"{HEADER},free_lunch\ns,K,1,0.5,0.5,F\n".encode(), mtime=0)


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
        (b"", "ends too early"),
        (TABLE[:-4], "ends too early"),
        (b"plain,text\n", "not a gzip file"),
        (TABLE + b"more", "something follows"),
        (TABLE * 2, "something follows"),
        (gzip.compress(b"\xff\xfe\n1\n"), "not UTF-8"),
        (gzip.compress(b"site_id,outcome\ns,1\n"), "lacks columns"),
        (gzip.compress(f"{HEADER},sex,sex\nx\n".encode()), "columns twice"),
        (gzip.compress(f"{HEADER},Student_ID\nx\n".encode()), "names pupils"),
        (gzip.compress(f"{HEADER},date of birth\nx\n".encode()), "names pupils"),
        (gzip.compress(f"{HEADER}\n".encode()), "no rows"),
        (gzip.compress(HEADER.encode() + b"\n" + b"0" * 300_000), "unpacks to more"),
        (gzip.compress(np.random.default_rng(1).bytes(20_000)), "compressed"),
    ],
    ids=[
        "empty",
        "cut",
        "plain",
        "tail",
        "two files",
        "binary",
        "columns",
        "twice",
        "pupils",
        "birth",
        "no rows",
        "bomb",
        "large",
    ],
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


async def test_the_store_takes_what_the_gates_take_and_no_more(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule: one limit. What could be judged can be uploaded, and what is uploaded can be judged."""
    store = evaluations.EvaluationStore(tmp_path)
    assert (store.max_bytes, store.max_plain_bytes) == (files.MAX_BYTES, files.MAX_PLAIN_BYTES)
    monkeypatch.setattr(files, "MAX_ROWS", 2)
    rows = b"s,K,1,0.5,0.5\n"

    await store.put(pieces(gzip.compress(HEADER.encode() + b"\n" + 2 * rows)))
    with pytest.raises(errors.SpecError, match="more than 2 rows"):
        await store.put(pieces(gzip.compress(HEADER.encode() + b"\n" + 3 * rows)))


async def test_an_altered_file_is_noticed(store: evaluations.EvaluationStore) -> None:
    digest = await store.put(pieces(TABLE))
    next(store.directory.iterdir()).write_bytes(b"something else")
    with pytest.raises(errors.Defect, match="altered"):
        store.read(digest)


def test_a_table_that_was_never_uploaded_is_not_found(store: evaluations.EvaluationStore) -> None:
    with pytest.raises(errors.SpecError, match="upload it first"):
        store.read(digests.of_bytes(b"nothing"))
