"""The stream of a watch, cut anywhere."""

import asyncio
import json

import pytest

from homeroom.domain import errors
from homeroom.kube import answers, watches


def line(type_: str, name: str = "west", version: str = "7") -> bytes:
    body = {"metadata": {"name": name, "resourceVersion": version}}
    return json.dumps({"type": type_, "object": body}).encode() + b"\n"


class Chunks:
    """What aiohttp gives of a body."""

    def __init__(self, content: bytes, size: int) -> None:
        self._parts = [content[start : start + size] for start in range(0, len(content), size)]

    async def iter_any(self):  # type: ignore[no-untyped-def]  # noqa: ANN201 - as aiohttp's, which has none we could name
        for part in self._parts:
            await asyncio.sleep(0)
            yield part


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
async def test_events_are_whole_wherever_the_stream_is_cut(size: int) -> None:
    content = line("ADDED", "wést") + line("MODIFIED", version="8") + line("BOOKMARK", version="9") + line("DELETED")
    events = [event async for event in watches.read(Chunks(content, size), "watch")]  # type: ignore[arg-type]
    assert [event.type.value for event in events] == ["ADDED", "MODIFIED", "BOOKMARK", "DELETED"]
    assert (events[0].name, events[2].resource_version) == ("wést", "9")


async def test_half_an_event_at_the_end_is_dropped() -> None:
    """The stream ended in the middle: the next watch brings that event whole."""
    content = line("ADDED") + line("MODIFIED")[:-10]
    assert len([event async for event in watches.read(Chunks(content, 50), "watch")]) == 1  # type: ignore[arg-type]


async def test_endless_line_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "_MAX_EVENT_BYTES", 100)
    with pytest.raises(errors.Unavailable, match="an event is longer than 100 bytes"):
        async for _ in watches.read(Chunks(b"x" * 500, 50), "watch"):  # type: ignore[arg-type]
            pass


def test_error_event_is_raised_as_what_it_means() -> None:
    status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version: 1 (5)"}
    content = json.dumps({"type": "ERROR", "object": status}).encode()
    with pytest.raises(answers.Gone, match="too old resource version"):
        watches.parse(content, "watch")


@pytest.mark.parametrize("content", [b"", b"null", b"{}", b'{"type": "DANCED", "object": {}}', b"<html>secret</html>"])
def test_line_that_is_no_event_is_a_fault_of_the_server_and_not_quoted(content: bytes) -> None:
    with pytest.raises(errors.Unavailable, match="is no event") as raised:
        watches.parse(content, "watch regionalhubs")
    assert "secret" not in str(raised.value)
