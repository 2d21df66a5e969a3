import random
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeroom.domain import errors
from homeroom.embedded import ports


@pytest.fixture
def held() -> Iterator[int]:
    """A port of the loopback address on which this process listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_first_claim_picks_a_free_port_below_the_range_of_outgoing_connections(tmp_path: Path) -> None:
    port = ports.PortBook(tmp_path / "ports.json").claim("api")
    assert ports.FIRST <= port <= ports.LAST
    assert ports.is_free(port)


def test_names_get_different_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if chance offers the same port twice, and nobody listens on it yet."""
    free = (port for port in range(ports.FIRST, ports.LAST) if ports.is_free(port))
    offered = [next(free), next(free)]
    monkeypatch.setattr(random, "sample", lambda _population, _count: offered)
    book = ports.PortBook(tmp_path / "ports.json")
    assert [book.claim("api"), book.claim("registry")] == offered


def test_port_is_remembered_for_the_next_start(tmp_path: Path) -> None:
    first = ports.PortBook(tmp_path / "ports.json").claim("api")
    again = ports.PortBook(tmp_path / "ports.json")
    assert again.known("api") == first
    assert again.claim("api") == first


def test_unknown_name_has_no_port(tmp_path: Path) -> None:
    assert ports.PortBook(tmp_path / "ports.json").known("api") is None


def test_remembered_port_that_somebody_holds_is_refused_with_who_and_what_to_do(tmp_path: Path, held: int) -> None:
    """Moving silently to another port would leave addresses in schools that lead to a stranger."""
    path = tmp_path / "ports.json"
    path.write_text(f'{{"api": {held}}}')
    with pytest.raises(errors.SpecError) as refusal:
        ports.PortBook(path, release_seconds=0).claim("api")
    message = str(refusal.value)
    assert f"port {held} on 127.0.0.1, which api used before, is held by" in message
    assert "(pid " in message
    assert "--reset" in message


def test_taken_lists_only_ports_that_somebody_holds(tmp_path: Path, held: int) -> None:
    path = tmp_path / "ports.json"
    path.write_text(f'{{"api": {held}}}')
    book = ports.PortBook(path)
    book.claim("registry")
    (sentence,) = book.taken()
    assert str(held) in sentence


def test_port_held_on_all_addresses_is_not_free() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104 - the case under test
        assert not ports.is_free(server.getsockname()[1])


def test_port_that_is_given_back_in_time_is_claimed(tmp_path: Path) -> None:
    """The kernel takes a moment to close what a killed process had open."""
    path = tmp_path / "ports.json"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        path.write_text(f'{{"api": {port}}}')
        threading.Timer(0.1, server.close).start()
        assert ports.PortBook(path).claim("api") == port
