"""Model versions as checked files: brought from MLflow once, looked at by intake, kept by digest."""

import asyncio
import pathlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from homeroom.district.operator import records, steps
from homeroom.domain import digests, errors, readiness, releases
from homeroom.packaging import intake, releasefiles
from homeroom.versions import client as versions

EVALUATION_TAG = "evaluation_digest"

_REASON = readiness.Reason


class Intake(Protocol):
    """Looks at one stage file in a limited process; ``packaging.intake.check`` is one."""

    async def __call__(
        self,
        path: pathlib.Path,
        limits: intake.IntakeLimits | None = None,
        *,
        file_format: releases.Format,
        columns: int | None,
        output: str,
    ) -> intake.IntakeResult:
        """Whether the file may enter an artifact."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One checked model version.

    Attributes:
        directory: where the files lie.
        creator: who registered it, as our API saw them; None when it was registered around our API.
        evaluation: digest of the table that it was evaluated on, by its tag; empty without one.
        features: input columns in order.
        output: name of the output tensor.
        stages: file name and format of each stage.
        reference: file name of the training reference.
        files: digest of every file by name.
        privacy: what the version says about its privacy budget.
    """

    directory: pathlib.Path
    creator: str | None
    evaluation: str
    features: tuple[str, ...]
    output: str
    stages: Mapping[releases.Stage, tuple[str, releases.Format]]
    reference: str
    files: Mapping[str, digests.Digest]
    privacy: releases.PrivacyStatement | None = None

    @property
    def digest(self) -> digests.Digest:
        """Of everything that a release is built from."""
        return digests.of_json([self.files, self.features, self.output])

    def read(self, name: str) -> bytes:
        """That file.

        Raises:
            Unavailable: it is gone or was changed; ``Imports.find`` will not name it any more, so it is brought again.
        """
        try:
            content = (self.directory / name).read_bytes()
        except OSError as exc:
            raise errors.Unavailable(f"the imported file {name} is gone; it is brought again") from exc
        if digests.of_bytes(content) != self.files[name]:
            (self.directory / name).unlink()
            raise errors.Unavailable(f"the imported file {name} was changed on disk; it is brought again")
        return content


class Imports:
    """Brings model versions into the private directory.

    Args:
        directory: made with mode 0700.
        store: outputs of finished steps.
        source: MLflow.
        look_at: intake.
        max_bytes: largest file.
    """

    def __init__(
        self,
        directory: pathlib.Path,
        store: records.Records,
        source: versions.VersionsClient,
        look_at: Intake,
        max_bytes: int,
    ) -> None:
        self._directory = directory
        self._store = store
        self._source = source
        self._intake = look_at
        self._max_bytes = max_bytes
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def find(self, model: str, version: str) -> Imported | None:
        """That model version if it was brought and checked, and all its files are still there."""
        record = self._store.read("import", key(model, version))
        if record is None:
            return None
        imported = _from_record(record, self._path(model, version))
        whole = all((imported.directory / name).is_file() for name in imported.files)
        return imported if whole else None

    async def run(self, model: str, version: str) -> None:
        """Brings and checks that model version; afterwards ``find`` gives it.

        Raises:
            Blocked: something about it must be changed.
            Unavailable: MLflow does not answer.
        """
        part = pathlib.Path(tempfile.mkdtemp(dir=self._directory, prefix=".part-"))
        try:
            record = await self._bring(model, version, part)
            await asyncio.to_thread(self._keep, part, self._path(model, version))
            self._store.write("import", key(model, version), record)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    async def _bring(self, model: str, version: str, part: pathlib.Path) -> dict[str, Any]:
        with steps.blocked_as(_REASON.MODEL_NOT_FOUND):
            found = await self._source.model_version(model, version)
            listed = await self._source.files(found)
        await self._download(found, releasefiles.RELEASE_FILE, part, releasefiles.MAX_DOCUMENT_BYTES)
        release = parse_release_file((part / releasefiles.RELEASE_FILE).read_bytes())
        documents = [release["reference"], *([releasefiles.MODEL_CARD] if releasefiles.MODEL_CARD in listed else [])]
        for name in documents:
            await self._download(found, name, part, releasefiles.MAX_DOCUMENT_BYTES)
        for name, format_ in release["stages"].values():
            await self._download(found, name, part, self._max_bytes)
            await self._check(part / name, format_, release)
        names = {releasefiles.RELEASE_FILE, *documents, *(name for name, _ in release["stages"].values())}
        return {
            "creator": found.creator,
            "evaluation": found.tags.get(EVALUATION_TAG, ""),
            **release,
            "files": {name: digests.of_bytes((part / name).read_bytes()) for name in sorted(names)},
        }

    async def _download(self, version: versions.ModelVersion, name: str, part: pathlib.Path, max_bytes: int) -> None:
        try:
            await self._source.download(version, name, part / name, max_bytes=max_bytes)
        except versions.FileTooLarge as exc:
            raise steps.Blocked(_REASON.TOO_LARGE, str(exc)) from exc
        except versions.FileNotFound as exc:
            reason = _REASON.RELEASE_FILE_INVALID if name == releasefiles.RELEASE_FILE else _REASON.MODEL_NOT_FOUND
            raise steps.Blocked(reason, str(exc)) from exc

    async def _check(self, file: pathlib.Path, format_: str, release: Mapping[str, Any]) -> None:
        """Raises Blocked when a school must not run ``file``."""
        result = await self._intake(
            file,
            intake.IntakeLimits(max_bytes=self._max_bytes),
            file_format=releases.Format(format_),
            columns=len(release["features"]),
            output=release["output"],
        )
        if not result.accepted:
            raise steps.Blocked(_REASON(result.reason.value), f"{file.name}: {result.message}")

    def _keep(self, part: pathlib.Path, directory: pathlib.Path) -> None:
        """Moves the files to their place; a directory that a crash left there is replaced, it has no record."""
        shutil.rmtree(directory, ignore_errors=True)
        part.rename(directory)
        records.sync_directory(self._directory)
        part.mkdir()  # so that the clean-up of the caller has something to remove

    def _path(self, model: str, version: str) -> pathlib.Path:
        return self._directory / f"{model}-{version}"


def key(model: str, version: str) -> digests.Digest:
    """Identifies the import of that model version; versions of a registered model are never used again."""
    return digests.of_json({"model": model, "version": version})


def parse_release_file(content: bytes) -> dict[str, Any]:
    """What a release needs of ``release.json``, checked and as it is recorded.

    Raises:
        Blocked: it is not that.
    """
    with steps.blocked_as(_REASON.RELEASE_FILE_INVALID):
        described = releasefiles.describe(content)
    return {
        "features": list(described.features),
        "output": described.output,
        "stages": {stage.value: (name, format_.value) for stage, (name, format_) in described.stages.items()},
        "reference": described.reference,
        "privacy": None if described.privacy is None else described.privacy.to_json(),
    }


def _from_record(record: Mapping[str, Any], directory: pathlib.Path) -> Imported:
    return Imported(
        directory=directory,
        creator=record["creator"],
        evaluation=record["evaluation"],
        features=tuple(record["features"]),
        output=record["output"],
        stages={
            releases.Stage(stage): (name, releases.Format(format_))
            for stage, (name, format_) in record["stages"].items()
        },
        reference=record["reference"],
        files=record["files"],
        privacy=None if record.get("privacy") is None else releases.parse_statement(record["privacy"]),
    )
