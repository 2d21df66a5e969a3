"""Looks at the stages' bytes as the importer does, before anything in a gate run reads them.

A gate run in somebody's CI gets files that no importer has seen: a pickle that was renamed, a model with operators of its
own. The check is packaging's, in a limited process of its own for each file; there is no second copy of it here.
"""

import asyncio
import pathlib

from homeroom.domain import errors, releases
from homeroom.packaging import intake


def refuse_unfit(release: releases.ReleaseConfig, stages: dict[releases.Stage, bytes], directory: pathlib.Path) -> None:
    """Checks every stage of a release.

    Args:
        release: names the stages, their formats, the number of columns and the output.
        stages: their bytes.
        directory: where the files may be written for the processes that read them.

    Raises:
        SpecError: a file may not be a stage; says which and why.
        Unavailable: a process could not be started.
    """
    asyncio.run(_check_all(release, stages, directory))


async def _check_all(
    release: releases.ReleaseConfig, stages: dict[releases.Stage, bytes], directory: pathlib.Path
) -> None:
    found = await asyncio.gather(*(_check(release, file, stages[file.stage], directory) for file in release.stages))
    for file, result in zip(release.stages, found, strict=True):
        if not result.accepted:
            raise errors.SpecError(f"stage {file.stage.value!r} is refused ({result.reason.value}): {result.message}")


async def _check(
    release: releases.ReleaseConfig, file: releases.StageFile, content: bytes, directory: pathlib.Path
) -> intake.IntakeResult:
    path = directory / f"intake-{file.stage.value}"
    path.write_bytes(content)
    return await intake.check(
        path,
        file_format=file.format,
        columns=len(release.features) if file.format is releases.Format.ONNX else None,
        output=release.output,
    )
