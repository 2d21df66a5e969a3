"""What a school believes, and what it refuses with which word."""

import base64
import copy
import dataclasses
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from homeroom.domain import assignments, digests, errors
from homeroom.trust import bundles, director, director_client

SITE = assignments.SiteId("6f1c2a54-0d5e-4d38-9b0e-2f0d5f6f7a01")
OTHER = assignments.SiteId("6f1c2a54-0d5e-4d38-9b0e-2f0d5f6f7a02")
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
ENDPOINT = assignments.Endpoint("hub", "https://127.0.0.1:9001", "https://127.0.0.1:9002")


def an_assignment(version: int = 1, site_id: assignments.SiteId = SITE) -> assignments.Assignment:
    entry = assignments.Entry(
        purpose="support-offer",
        band="K-2",
        release=digests.of_bytes(b"release"),
        repository="releases/reading-support",
        start_by=NOW + timedelta(days=1),
        wave="pilot",
    )
    return assignments.Assignment(
        site_id=site_id, version=version, entries=(entry,), endpoints=(ENDPOINT,), min_agent="0.1.0"
    )


@pytest.fixture
def sign(keys_of_director: director.DirectorKeys) -> Callable[..., bundles.Bundle]:
    def _sign(version: int = 1, site_id: assignments.SiteId = SITE, days: int = 30) -> bundles.Bundle:
        return director.sign_assignment(keys_of_director, an_assignment(version, site_id), NOW + timedelta(days=days))

    return _sign


@pytest.fixture
def client(keys_of_director: director.DirectorKeys, tmp_path: Path) -> director_client.DirectorClient:
    return director_client.DirectorClient(tmp_path / "director", SITE, keys_of_director.root)


def refusal(client: director_client.DirectorClient, bundle: bundles.Bundle, now: datetime = NOW) -> str:
    with pytest.raises(errors.Refused) as caught:
        client.accept(bundle, now)
    return caught.value.reason


def edited(content: bytes, edit: Callable[[Any], None]) -> bytes:
    value = json.loads(content)
    edit(value)
    return json.dumps(value).encode()


def test_a_signed_bundle_gives_the_assignment_back(client: Any, sign: Any) -> None:
    assert client.accept(sign(3), NOW) == an_assignment(3)


def test_accepting_the_same_bundle_again_changes_nothing(client: Any, sign: Any) -> None:
    client.accept(sign(1), NOW)
    before = client.high_water()
    assert client.accept(sign(1), NOW) == an_assignment(1)
    assert client.high_water() == before


def test_signing_twice_gives_the_same_bytes(sign: Any) -> None:
    assert sign(4) == sign(4)


@pytest.mark.parametrize("field", ["timestamp", "snapshot", "targets"])
def test_a_changed_metadata_file_is_altered(client: Any, sign: Any, field: str) -> None:
    """Whatever is changed inside a signed part, the school says so, and believes nothing of it."""
    bundle = sign(1)
    longer = edited(getattr(bundle, field), lambda value: value["signed"].update(expires="2099-01-01T00:00:00Z"))
    assert refusal(client, dataclasses.replace(bundle, **{field: longer})) == "Altered"
    assert client.accepted() is None


def test_a_changed_assignment_is_altered(client: Any, sign: Any) -> None:
    bundle = sign(1)
    content = bundle.assignment.replace(b"pilot", b"pirat")
    assert refusal(client, dataclasses.replace(bundle, assignment=content)) == "Altered"


def test_metadata_without_a_signature_is_unsigned(client: Any, sign: Any) -> None:
    bundle = sign(1)
    bare = edited(bundle.timestamp, lambda value: value.update(signatures=[]))
    assert refusal(client, dataclasses.replace(bundle, timestamp=bare)) == "Unsigned"


def test_another_district_is_refused(client: Any, tmp_path: Path) -> None:
    stranger = director.DirectorKeys.create(tmp_path / "stranger")
    bundle = director.sign_assignment(stranger, an_assignment(), NOW + timedelta(days=1))
    assert refusal(client, bundle) == "Altered"


def test_the_root_of_another_district_cannot_be_slipped_in(client: Any, sign: Any, tmp_path: Path) -> None:
    """A root that follows must be signed by the root before it."""
    stranger = director.DirectorKeys.create(tmp_path / "stranger")
    second = director.build_root(stranger.roles, expires=NOW + timedelta(days=9), version=2)
    bundle = dataclasses.replace(
        director.sign_assignment(stranger, an_assignment(), NOW + timedelta(days=1)), root=(second,)
    )
    assert refusal(client, bundle) == "Altered"


def test_a_root_that_the_old_root_signed_is_followed(
    client: Any, keys_of_director: director.DirectorKeys, sign: Any
) -> None:
    second = director.build_root(keys_of_director.roles, expires=NOW + timedelta(days=900), version=2)
    client.accept(dataclasses.replace(sign(1), root=(keys_of_director.root, second)), NOW)
    assert client.high_water().versions["root"] == 2
    # Remembered: the next bundle need not carry it, and the step is not taken back.
    client.accept(sign(2), NOW)
    assert client.high_water().versions["root"] == 2


def test_a_bundle_for_another_site_is_foreign(client: Any, sign: Any) -> None:
    assert refusal(client, sign(1, OTHER)) == "Foreign"


def test_another_sites_metadata_under_our_name_is_foreign_and_leaves_no_trace(client: Any, sign: Any) -> None:
    """All sites share the director's keys: a higher version of another site must not lock this one out."""
    client.accept(sign(1), NOW)
    disguised = dataclasses.replace(sign(50, OTHER), site_id=SITE)
    assert refusal(client, disguised) == "Foreign"
    assert client.accept(sign(2), NOW).version == 2


def test_an_older_bundle_is_refused(client: Any, sign: Any) -> None:
    client.accept(sign(5), NOW)
    assert refusal(client, sign(4)) == "OlderMetadata"


@pytest.mark.parametrize("loss", ["removed", "emptied"])
def test_an_older_bundle_is_refused_after_the_tuf_cache_was_lost(client: Any, sign: Any, loss: str) -> None:
    """A power cut can empty ngclient's files; without a mark of ours the old repository would be believed again."""
    client.accept(sign(5), NOW)
    cache = client._directory / "metadata"
    if loss == "removed":
        shutil.rmtree(cache)
    else:
        for path in cache.glob("*.json"):
            path.write_bytes(b"")
    assert refusal(client, sign(4)) == "OlderMetadata"
    assert client.accept(sign(5), NOW).version == 5


def test_a_damaged_high_water_mark_accepts_nothing(client: Any, sign: Any) -> None:
    client.accept(sign(5), NOW)
    (client._directory / "high-water.json").write_bytes(b"")
    assert refusal(client, sign(6)) == "Unreadable"


def test_one_version_has_one_content(client: Any, keys_of_director: director.DirectorKeys, sign: Any) -> None:
    """Even the district's own key cannot publish a version twice, with or without the TUF cache."""
    client.accept(sign(1), NOW)
    twin = director.sign_assignment(
        keys_of_director, dataclasses.replace(an_assignment(1), entries=()), NOW + timedelta(days=30)
    )
    assert refusal(client, twin) == "Altered"
    shutil.rmtree(client._directory / "metadata")
    assert refusal(client, twin) == "Altered"


def test_expired_metadata_is_refused_to_the_second(client: Any, sign: Any) -> None:
    bundle = sign(1, days=30)
    until = NOW + timedelta(days=30)
    assert refusal(client, bundle, until) == "Expired"
    assert client.accept(bundle, until - timedelta(seconds=1)).version == 1


def test_a_clock_set_back_makes_nothing_fresh(client: Any, sign: Any) -> None:
    """The floor is the latest moment at which unexpired metadata was accepted."""
    client.accept(sign(1, days=90), NOW + timedelta(days=60))
    assert refusal(client, sign(2, days=30), NOW - timedelta(days=3650)) == "Expired"


def test_a_clock_that_jumped_ahead_does_not_raise_the_floor(client: Any, sign: Any) -> None:
    assert refusal(client, sign(1), NOW + timedelta(days=36500)) == "Expired"
    assert client.accept(sign(1), NOW).version == 1


@pytest.mark.parametrize("field", ["timestamp", "snapshot", "targets", "assignment"])
def test_a_truncated_file_is_refused(client: Any, sign: Any, field: str) -> None:
    """Half a signed file is Unreadable where it is read first, Altered where its signed hash is checked first."""
    bundle = sign(1)
    half = getattr(bundle, field)[: len(getattr(bundle, field)) // 2]
    assert refusal(client, dataclasses.replace(bundle, **{field: half})) in {"Unreadable", "Altered"}
    assert client.accepted() is None


def test_mixing_files_of_two_versions_is_refused(client: Any, sign: Any) -> None:
    first, second = sign(1), sign(2)
    assert refusal(client, dataclasses.replace(second, targets=first.targets)) == "Altered"
    assert refusal(client, dataclasses.replace(second, snapshot=first.snapshot)) == "Altered"


def test_what_was_accepted_survives_a_restart(client: Any, sign: Any, keys_of_director: director.DirectorKeys) -> None:
    client.accept(sign(7), NOW)
    again = director_client.DirectorClient(client._directory, SITE, keys_of_director.root)
    stored = again.accepted()
    assert stored is not None
    assert again.accept(stored, NOW).version == 7


def test_no_scratch_is_left_behind(client: Any, sign: Any) -> None:
    client.accept(sign(2), NOW)
    refusal(client, sign(1))
    assert sorted(path.name for path in client._directory.iterdir()) == ["accepted.json", "high-water.json", "metadata"]


def test_a_bundle_reads_back_from_json(sign: Any) -> None:
    bundle = sign(1)
    assert bundles.parse(json.loads(json.dumps(bundle.to_json()))) == bundle


def a_broken(value: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(value), **changes}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"timestamp": None}, id="null"),
        pytest.param({"timestamp": "not base64!"}, id="not-base64"),
        pytest.param({"root": 7}, id="root-is-no-list"),
        pytest.param({"version": "seven"}, id="version-is-a-word"),
        pytest.param({"version": [1]}, id="version-is-a-list"),
    ],
)
def test_a_bundle_of_another_form_is_unreadable(sign: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(errors.Refused) as caught:
        bundles.parse(a_broken(sign(1).to_json(), **changes))
    assert caught.value.reason == "Unreadable"


def test_metadata_that_is_json_but_no_tuf_is_unreadable(client: Any, sign: Any) -> None:
    for content in (b"[]", b'"x"', b"{}", base64.b64encode(b"x")):
        assert refusal(client, dataclasses.replace(sign(1), snapshot=content)) == "Unreadable"
