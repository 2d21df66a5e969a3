"""A school's side of the director: believes an assignment or says why not.

python-tuf's ngclient does the TUF workflow. Around it stand three things that it does not give:

- Its cache is written without fsync, and an emptied cache makes it accept an older repository again. So the versions
  that were accepted are kept in a file of ours that survives a power cut, and are checked after ngclient has agreed.
- It stores each role's file before the next one is verified. All sites share the director's keys, so another site's
  properly signed timestamp with a higher version would lock this site out. So ngclient works in a scratch directory
  that becomes the cache only when the whole bundle was accepted.
- A school compares dates with max(clock, floor): a clock that was set back makes no metadata fresh. The floor only
  rises to moments at which unexpired metadata was accepted, so a clock that jumped ahead cannot raise it past that.
"""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tuf import ngclient
from tuf.api import exceptions, metadata
from tuf.api.serialization import DeserializationError

from homeroom.domain import assignments, digests, errors
from homeroom.trust import bundles, director, durable

MAX_ASSIGNMENT_BYTES = 1_000_000
"""An entry is some 500 bytes; no school has two thousand of them."""

_BASE = "bundle:/"
_CACHE = ("timestamp.json", "snapshot.json", "targets.json")
_CONFIG = ngclient.UpdaterConfig(
    max_root_rotations=32,
    root_max_length=64_000,
    snapshot_max_length=64_000,
    targets_max_length=64_000,
    prefix_targets_with_hash=False,
)


@dataclass(frozen=True, slots=True)
class HighWater:
    """The newest that was ever accepted.

    Attributes:
        versions: by role name, root included.
        assignment: version of the assignment.
        digest: of its bytes; one version has one content.
        floor: no clock before this moment is believed.
    """

    versions: dict[str, int]
    assignment: int
    digest: str
    floor: datetime


_NOTHING = HighWater({}, 0, "", datetime.min.replace(tzinfo=UTC))


class DirectorClient:
    """Verifies bundles for one site and remembers durably what it accepted.

    Args:
        directory: where to remember; made if missing.
        site_id: bundles for anybody else are refused.
        trusted_root: root metadata pinned at enrolment.
    """

    def __init__(self, directory: Path, site_id: assignments.SiteId, trusted_root: bytes) -> None:
        self._directory = directory
        self._site_id = site_id
        self._trusted_root = trusted_root
        directory.mkdir(parents=True, exist_ok=True)

    def accept(self, bundle: bundles.Bundle, now: datetime) -> assignments.Assignment:
        """The assignment in ``bundle``, now remembered as the newest.

        Accepting the same bundle again is no error and changes nothing.

        Args:
            bundle: as it came, from whomever.
            now: the school's clock.

        Raises:
            Refused: reason ``Altered``, ``Unsigned``, ``Foreign``, ``OlderMetadata``, ``Expired`` or ``Unreadable``;
                what was accepted before stays as it was.
        """
        mark = self.high_water()
        at = max(now, mark.floor)
        if bundle.site_id != self._site_id:
            raise errors.Refused("Foreign", f"the bundle is for site {bundle.site_id}")
        with tempfile.TemporaryDirectory(dir=self._directory, prefix=".scratch-") as name:
            scratch = Path(name)
            self._seed(scratch)
            versions = _verify(bundle, scratch, self._site_id, self._trusted_root, at)
            assignment = _read_assignment(bundle, self._site_id, versions[metadata.Targets.type])
            new = HighWater(versions, assignment.version, digests.of_bytes(bundle.assignment), at)
            _refuse_older(mark, new)
            # The mark goes first: a crash in between costs one more verification, never a step back.
            durable.write(self._directory / "high-water.json", _mark_to_bytes(new))
            durable.write(self._directory / "accepted.json", json.dumps(bundle.to_json()).encode())
            self._keep(scratch)
        return assignment

    def accepted(self) -> bundles.Bundle | None:
        """The bundle that was accepted last; None before the first, and when its file is damaged."""
        try:
            return bundles.parse(json.loads((self._directory / "accepted.json").read_bytes()))
        except (OSError, ValueError, errors.Refused):
            return None

    def high_water(self) -> HighWater:
        """What was accepted so far.

        Raises:
            Refused: the file is damaged; accepting anything could be a step back, so nothing is (``Unreadable``).
        """
        path = self._directory / "high-water.json"
        try:
            return _parse_mark(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return _NOTHING
        except (OSError, KeyError, TypeError, ValueError) as exc:
            raise errors.Refused(
                "Unreadable", f"{path} is damaged: restore it, or enrol this school again under a new epoch"
            ) from exc

    def _seed(self, scratch: Path) -> None:
        for name in _CACHE:
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(self._directory / "metadata" / name, scratch / name)
        with contextlib.suppress(FileNotFoundError):
            shutil.copytree(self._directory / "metadata" / "root_history", scratch / "root_history")

    def _keep(self, scratch: Path) -> None:
        cache = self._directory / "metadata"
        for name in _CACHE:
            durable.write(cache / name, (scratch / name).read_bytes())
        for path in (scratch / "root_history").iterdir():
            durable.write(cache / "root_history" / path.name, path.read_bytes())


class _BundleFetcher(ngclient.FetcherInterface):
    """Answers ngclient's downloads from the bundle; what is not in it does not exist."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def _fetch(self, url: str) -> Iterator[bytes]:
        content = self._files.get(url.removeprefix(_BASE))
        if content is None:
            raise exceptions.DownloadHTTPError(f"{url} is not in the bundle", 404)
        return iter((content,))


def _verify(
    bundle: bundles.Bundle, scratch: Path, site_id: assignments.SiteId, trusted_root: bytes, now: datetime
) -> dict[str, int]:
    """Run the TUF client workflow and give the version of each role."""
    try:
        updater = ngclient.Updater(
            metadata_dir=str(scratch),
            metadata_base_url=_BASE,
            fetcher=_BundleFetcher(_files(bundle)),
            config=_CONFIG,
            bootstrap=trusted_root,
        )
        # ngclient reads the clock itself and offers no other way in; ours is max(clock, floor).
        updater._trusted_set.reference_time = now  # noqa: SLF001
        updater.refresh()
        target = updater.get_targetinfo(director.target_path(site_id))
        if target is None:
            raise errors.Refused("Foreign", "the metadata names no assignment for this site")
        target.verify_length_and_hashes(bundle.assignment)
        # Read back from the trusted set, not from the bundle: an equal version may have been answered from the cache.
        trusted = updater._trusted_set  # noqa: SLF001
        return {
            role.type: role.version for role in (trusted.root, trusted.timestamp, trusted.snapshot, trusted.targets)
        }
    except (exceptions.RepositoryError, exceptions.DownloadError) as exc:
        raise _refusal(exc, bundle) from exc


def _files(bundle: bundles.Bundle) -> dict[str, bytes]:
    files = {f"{_version_of(root)}.root.json": root for root in bundle.root}
    files["timestamp.json"] = bundle.timestamp
    files[f"{_version_of(bundle.snapshot)}.snapshot.json"] = bundle.snapshot
    files[f"{_version_of(bundle.targets)}.targets.json"] = bundle.targets
    return files


def _version_of(content: bytes) -> int:
    """What the file says its version is; it only names the file, ngclient checks the signed value."""
    try:
        return int(json.loads(content)["signed"]["version"])
    except (KeyError, TypeError, ValueError) as exc:
        raise errors.Refused("Unreadable", "a metadata file of the bundle is no TUF metadata") from exc


def _refusal(exc: Exception, bundle: bundles.Bundle) -> errors.Refused:
    """Ngclient's error as ours, most specific first."""
    match exc:
        case exceptions.ExpiredMetadataError():
            return errors.Refused("Expired", "the assignment's metadata has expired; what is installed goes on serving")
        case exceptions.UnsignedMetadataError():
            return _signature_refusal(bundle)
        case exceptions.BadVersionNumberError():
            return errors.Refused("OlderMetadata", f"version {bundle.version} is older than what was accepted: {exc}")
        case exceptions.LengthOrHashMismatchError() | exceptions.DownloadLengthMismatchError():
            return errors.Refused("Altered", f"the bytes are not those that were signed: {exc}")
        case DeserializationError():
            return errors.Refused("Unreadable", "a metadata file of the bundle is no TUF metadata")
        case _:
            return errors.Refused("Altered", f"the metadata does not fit together: {exc}")


def _signature_refusal(bundle: bundles.Bundle) -> errors.Refused:
    """Tell a missing signature from one that does not fit."""
    for content in (bundle.timestamp, bundle.snapshot, bundle.targets):
        if not json.loads(content).get("signatures"):
            return errors.Refused("Unsigned", "a metadata file carries no signature")
    return errors.Refused("Altered", "a signature is not one of the district's, or not over these bytes")


def _read_assignment(bundle: bundles.Bundle, site_id: assignments.SiteId, version: int) -> assignments.Assignment:
    if len(bundle.assignment) > MAX_ASSIGNMENT_BYTES:
        raise errors.Refused("Unreadable", f"the assignment has more than {MAX_ASSIGNMENT_BYTES} bytes")
    try:
        assignment = assignments.parse(json.loads(bundle.assignment))
    except (ValueError, errors.SpecError) as exc:
        raise errors.Refused("Unreadable", f"the assignment is signed but not readable: {exc}") from exc
    if assignment.site_id != site_id:
        raise errors.Refused("Foreign", f"the assignment is for site {assignment.site_id}")
    if assignment.version != version:
        raise errors.Refused("Altered", f"assignment {assignment.version} lies under metadata version {version}")
    return assignment


def _refuse_older(mark: HighWater, new: HighWater) -> None:
    for role, version in mark.versions.items():
        if new.versions.get(role, 0) < version:
            raise errors.Refused("OlderMetadata", f"{role} version {new.versions.get(role, 0)} is below {version}")
    if new.assignment < mark.assignment:
        raise errors.Refused("OlderMetadata", f"assignment {new.assignment} is below {mark.assignment}")
    if new.assignment == mark.assignment and new.digest != mark.digest:
        raise errors.Refused("Altered", f"assignment {new.assignment} was published twice with different content")


def _mark_to_bytes(mark: HighWater) -> bytes:
    return digests.canonical_json(
        {
            "versions": mark.versions,
            "assignment": mark.assignment,
            "digest": mark.digest,
            "floor": mark.floor.astimezone(UTC).isoformat(),
        }
    )


def _parse_mark(value: dict[str, Any]) -> HighWater:
    return HighWater(
        versions={str(role): int(version) for role, version in value["versions"].items()},
        assignment=int(value["assignment"]),
        digest=str(value["digest"]),
        floor=datetime.fromisoformat(value["floor"]),
    )
