"""Releases as OCI artifacts in the district's registry: built the same every time, pushed once."""

import asyncio
from dataclasses import dataclass

from homeroom.district import database
from homeroom.district.database import releases as release_rows
from homeroom.district.operator import imports, records
from homeroom.domain import digests, releases
from homeroom.packaging import artifacts, releasefiles
from homeroom.resources import modelreleases
from homeroom.transport.oci import client as oci


@dataclass(frozen=True, slots=True)
class Packaged:
    """A release that the registry holds."""

    release_digest: digests.Digest
    repository: str


class Packages:
    """Builds and pushes releases.

    Args:
        store: outputs of finished steps.
        registry: the district's.
        rows: where the API looks releases up.
    """

    def __init__(self, store: records.Records, registry: oci.OciClient, rows: database.Database) -> None:
        self._store = store
        self._registry = registry
        self._rows = rows

    def find(self, spec: modelreleases.Spec, imported: imports.Imported) -> Packaged | None:
        """The release of ``spec`` if it was pushed."""
        record = self._store.read("package", key(spec, imported))
        if record is None:
            return None
        return Packaged(digests.parse(record["releaseDigest"]), record["repository"])

    async def run(self, spec: modelreleases.Spec, imported: imports.Imported) -> None:
        """Builds, pushes and records the release; doing it again gives the same digest.

        Raises:
            Unavailable: the registry does not answer, or an imported file is gone.
        """
        config = build_config(spec, imported)
        artifact = await asyncio.to_thread(_build, config, imported)
        repository = f"releases/{spec.model.name}"
        for blob in artifact.blobs:
            await self._registry.push_blob(repository, blob)
        await self._registry.push_manifest(repository, artifact.manifest)
        row = release_rows.ReleaseRow(artifact.digest, spec.model.name, spec.model.version, repository, config)
        await asyncio.to_thread(self._remember, row)
        record = {"releaseDigest": artifact.digest, "repository": repository}
        self._store.write("package", key(spec, imported), record)

    def _remember(self, row: release_rows.ReleaseRow) -> None:
        with self._rows.write() as connection:
            release_rows.record(connection, row)


def key(spec: modelreleases.Spec, imported: imports.Imported) -> digests.Digest:
    """Identifies the artifact by what goes into it."""
    return digests.of_json({"config": build_config(spec, imported).to_json(), "files": imported.files})


def build_config(spec: modelreleases.Spec, imported: imports.Imported) -> releases.ReleaseConfig:
    """What schools need to know: use and bounds from the release's spec, tensors and stages from the model version."""
    return releases.ReleaseConfig(
        name=spec.model.name,
        purpose=spec.purpose.value,
        bands=tuple(band.value for band in spec.bands),
        features=imported.features,
        output=imported.output,
        offer_days=spec.offer_days,
        parameters=tuple(parameter.to_domain() for parameter in spec.parameters),
        stages=tuple(_stage_file(stage, imported) for stage in releases.Stage if stage in imported.stages),
        privacy=imported.privacy,
    )


def _stage_file(stage: releases.Stage, imported: imports.Imported) -> releases.StageFile:
    name, format_ = imported.stages[stage]
    size_bytes = (imported.directory / name).stat().st_size
    return releases.StageFile(stage, format_, imported.files[name], size_bytes)


def read_stages(imported: imports.Imported) -> dict[releases.Stage, bytes]:
    """Plain bytes of each stage."""
    return {stage: imported.read(name) for stage, (name, _) in imported.stages.items()}


def _build(config: releases.ReleaseConfig, imported: imports.Imported) -> artifacts.Artifact:
    extras = (
        {releasefiles.MODEL_CARD: imported.read(releasefiles.MODEL_CARD)}
        if releasefiles.MODEL_CARD in imported.files
        else {}
    )
    return artifacts.build(config, read_stages(imported), extras)
