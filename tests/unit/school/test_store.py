"""What a school keeps cannot be read, changed, cut or swapped; what it reports is neither lost nor doubled."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests import schoolyard

from homeroom.domain import digests, errors, reports
from homeroom.school.store import blobs, database, queue, sealing
from homeroom.trust import enrolment, envelopes

KEK = bytes(range(32))
PLAIN = os.urandom(sealing.CHUNK_BYTES * 2 + 5)
DIGEST = digests.of_bytes(PLAIN)
HEAD = 18 + 32
CHUNK = sealing.CHUNK_BYTES + 16


@pytest.fixture(scope="module")
def sealer() -> sealing.Sealer:
    return sealing.Sealer("site-a", b"k" * 32)


@pytest.fixture(scope="module")
def sealed(sealer: sealing.Sealer) -> bytes:
    return sealer.seal(DIGEST, PLAIN)


def refusal(sealer: sealing.Sealer, content: bytes, digest: digests.Digest = DIGEST) -> str:
    with pytest.raises(errors.Refused) as caught:
        sealer.unseal(digest, content)
    return caught.value.reason


@pytest.mark.parametrize("size", [0, 1, sealing.CHUNK_BYTES, sealing.CHUNK_BYTES + 1])
def test_what_was_sealed_opens_again(sealer: sealing.Sealer, size: int) -> None:
    plain = PLAIN[:size]
    assert sealer.unseal(digests.of_bytes(plain), sealer.seal(digests.of_bytes(plain), plain)) == plain


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda c: c[:-1], id="last-byte-cut"),
        pytest.param(lambda c: c[: HEAD + 2 * CHUNK], id="last-chunk-cut"),
        pytest.param(lambda c: c[: HEAD + CHUNK], id="two-chunks-cut"),
        pytest.param(lambda c: c[:HEAD], id="all-chunks-cut"),
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda c: c[:HEAD] + c[HEAD + CHUNK : HEAD + 2 * CHUNK] + c[HEAD : HEAD + CHUNK]
                     + c[HEAD + 2 * CHUNK :], id="chunks-swapped"),
        pytest.param(lambda c: c[:20] + bytes([c[20] ^ 1]) + c[21:], id="salt-flipped"),
        pytest.param(lambda c: c[:-9] + bytes([c[-9] ^ 1]) + c[-8:], id="content-flipped"),
        pytest.param(lambda c: c + b"x", id="appended"),
    ],
)  # fmt: skip
def test_a_changed_file_is_refused(sealer: sealing.Sealer, sealed: bytes, change: Any) -> None:
    assert refusal(sealer, change(sealed)) == "Altered"


def test_a_file_of_another_school_is_refused_even_under_the_same_key(sealed: bytes) -> None:
    assert refusal(sealing.Sealer("site-b", b"k" * 32), sealed) == "Altered"


def test_a_file_under_another_name_is_refused(sealer: sealing.Sealer, sealed: bytes) -> None:
    assert refusal(sealer, sealed, digests.of_bytes(b"other")) == "Altered"


def test_the_wrong_kek_is_named(tmp_path: Path) -> None:
    sealing.Sealer.open(tmp_path, "site-a", KEK)
    with pytest.raises(errors.SpecError, match="kek"):
        sealing.Sealer.open(tmp_path, "site-a", KEK[::-1])


@pytest.fixture
def store(tmp_path: Path) -> Any:
    opened = database.Database.open(tmp_path / "store.db")
    yield opened
    opened.close()


def test_a_damaged_blob_is_forgotten_so_that_it_is_fetched_again(store: Any, tmp_path: Path) -> None:
    kept = blobs.Blobs(tmp_path / "blobs", store, sealing.Sealer.open(tmp_path, "site-a", KEK))
    digest = digests.of_bytes(b"model")
    kept.put(digest, b"model")
    path = tmp_path / "blobs" / digest.removeprefix("sha256:")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(errors.Refused):
        kept.read(digest)
    assert not kept.has(digest)
    with pytest.raises(errors.NotReady):
        kept.read(digest)


def test_bytes_with_another_digest_are_never_kept(store: Any, tmp_path: Path) -> None:
    kept = blobs.Blobs(tmp_path / "blobs", store, sealing.Sealer.open(tmp_path, "site-a", KEK))
    with pytest.raises(errors.Refused):
        kept.put(digests.of_bytes(b"model"), b"other")
    assert list((tmp_path / "blobs").iterdir()) == []


def a_queue(store: database.Database, school: enrolment.Enrolment, **limits: int) -> queue.Queue:
    sizes = {**queue.DEFAULT_LIMITS, **{reports.ReportClass(name): size for name, size in limits.items()}}
    return queue.Queue(
        store,
        site_id=school.site_id,
        epoch=school.epoch,
        signing_key=school.signing_key,
        seal_key=school.seal_key,
        ack_key=school.ack_key,
        limits=sizes,
    )


def test_a_full_class_drops_at_the_door_and_tells_the_gap(
    store: Any, school: enrolment.Enrolment, world: schoolyard.District
) -> None:
    """Numbers have no holes; what was dropped is told in one record; audit is never dropped."""
    waiting = a_queue(store, school, usage=1500)
    kept = [waiting.append(reports.ReportClass.USAGE, {"n": n}, schoolyard.NOW) for n in range(10)]
    dropped = kept.count(False)
    assert 0 < dropped < 10
    assert waiting.append(reports.ReportClass.AUDIT, {"event": "x"}, schoolyard.NOW)
    waiting.acknowledge(world.take(waiting.batch(100)))
    assert waiting.append(reports.ReportClass.USAGE, {"n": 10}, schoolyard.NOW)
    waiting.acknowledge(world.take(waiting.batch(100)))
    payloads = world.payloads(reports.ReportClass.USAGE)
    assert payloads[-2:] == [
        {"gap": {"records": dropped, "from": schoolyard.NOW.isoformat(), "to": schoolyard.NOW.isoformat()}},
        {"n": 10},
    ]
    assert waiting.count() == 0


def test_only_the_districts_receipt_deletes(
    store: Any, school: enrolment.Enrolment, world: schoolyard.District
) -> None:
    waiting = a_queue(store, school)
    waiting.append(reports.ReportClass.STATUS, {}, schoolyard.NOW)
    claim = reports.Acknowledgement(school.site_id, 1, reports.ReportClass.STATUS, 1)
    with pytest.raises(errors.Refused):
        waiting.acknowledge([envelopes.sign_ack(claim, school.signing_key)])
    assert waiting.count() == 1
    waiting.acknowledge([envelopes.sign_ack(claim, world.trust.ack_key)])
    assert waiting.count() == 0


def test_audit_goes_first_and_what_is_held_is_not_sent_again(store: Any, school: enrolment.Enrolment) -> None:
    waiting = a_queue(store, school)
    for class_ in (reports.ReportClass.USAGE, reports.ReportClass.STATUS, reports.ReportClass.AUDIT):
        for _ in range(2):
            waiting.append(class_, {}, schoolyard.NOW)
    order = [envelope.key.report_class for envelope in waiting.batch(10)]
    assert order == ["audit", "audit", "status", "status", "usage", "usage"]
    rest = [(e.key.report_class, e.key.seq) for e in waiting.batch(10, {"audit": 2, "status": 1})]
    assert rest == [("status", 2), ("usage", 1), ("usage", 2)]


LOOP = """
import sys, json
from datetime import datetime, UTC
from pathlib import Path
from homeroom.domain import reports
from homeroom.school.store import database, queue
from homeroom.trust import enrolment
school = enrolment.load(Path(sys.argv[1]))
store = database.Database.open(Path(sys.argv[2]))
waiting = queue.Queue(store, site_id=school.site_id, epoch=school.epoch, signing_key=school.signing_key,
                      seal_key=school.seal_key, ack_key=school.ack_key)
number = int(sys.argv[3])
while True:
    waiting.append(reports.ReportClass.STATUS, {"n": number}, datetime.now(UTC))
    print(number, flush=True)
    number += 1
"""


def test_kill_minus_nine_loses_and_doubles_nothing(
    school: enrolment.Enrolment, world: schoolyard.District, tmp_path: Path
) -> None:
    """A real process is killed in the middle of its loop, five times; what it said it had queued is applied once."""
    said: list[int] = []
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", LOOP, str(school.directory), str(tmp_path / "store.db"), str(len(said) * 1000)],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        said += [int(process.stdout.readline()) for _ in range(20)]
        process.kill()
        said += [int(line) for line in process.stdout.read().split(b"\n") if line.strip()]
        process.stdout.close()
        process.wait(10)
        store = database.Database.open(tmp_path / "store.db")
        waiting = a_queue(store, school)
        batch = waiting.batch(15)
        world.take(batch)  # the receipt is lost: the same records come again
        while waiting.count():
            waiting.acknowledge(world.take(waiting.batch(50)))
        store.close()
    applied = [payload["n"] for payload in world.payloads(reports.ReportClass.STATUS)]
    assert len(applied) == len(set(applied))
    assert set(said) <= set(applied)
    assert [key.seq for key in sorted(world.applied)] == list(range(1, len(applied) + 1))
    assert world.duplicates >= 5 * 15, "the lost receipts must have made the district see records twice"


def test_a_damaged_database_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    opened = database.Database.open(path)
    for number in range(200):
        opened.set_fact(f"fact-{number}", "x" * 100)
    opened.close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 3] = os.urandom(4096)
    path.write_bytes(content)
    again = database.Database.open(path)
    assert again.quarantined == tmp_path / "store.db.damaged-1"
    assert again.fact("fact-1") is None
    again.close()


def test_a_failed_transaction_leaves_nothing(store: Any) -> None:
    with pytest.raises(sqlite3.IntegrityError), store.transaction() as connection:  # noqa: PT012 - a transaction is two
        connection.execute("INSERT INTO facts VALUES ('a', '1')")
        connection.execute("INSERT INTO facts VALUES ('a', '2')")
    assert store.fact("a") is None
