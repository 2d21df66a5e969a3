"""A gate run from files, as a CI has them: release directory, evaluation table, policy, and what else there is."""

import json
import pathlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from homeroom.domain import digests, errors
from homeroom.gates import attaching, bundles, inputs
from homeroom.packaging import releasefiles
from homeroom.resources import gatepolicies

EVALUATION = "evaluation.csv.gz"
MAX_BYTES = 1 << 30
_BOX = re.compile(r"([^:]{1,63}):([1-9][0-9]{0,8}):([1-9][0-9]{0,4})")


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """Where everything lies.

    Attributes:
        directory: with ``release.json`` and the files that it names.
        policy: YAML of a GatePolicy, or of its spec alone.
        evaluation: the table; None for ``evaluation.csv.gz`` in ``directory``.
        on: day as of which to judge.
        hardware: boxes that it may go to.
        calendars: AcademicCalendar documents.
        cells: group sums of other districts.
        earlier: directories with the documents of reports published earlier, or their ``report.json``.
    """

    directory: pathlib.Path
    policy: pathlib.Path
    evaluation: pathlib.Path | None
    on: date
    hardware: tuple[inputs.Hardware, ...] = ()
    calendars: tuple[pathlib.Path, ...] = ()
    cells: tuple[pathlib.Path, ...] = ()
    earlier: tuple[pathlib.Path, ...] = ()


def read(files: CaseFiles) -> tuple[inputs.GateInputs, gatepolicies.Spec]:
    """Everything read.

    Raises:
        SpecError: a file is missing or not what it should be.
    """
    policy = read_policy(files.policy)
    release = releasefiles.read(files.directory)
    given = inputs.GateInputs(
        release=release.config,
        release_digest=digests.of_bytes(release.manifest),
        stages=release.stages,
        evaluation=read_file(files.evaluation or files.directory / EVALUATION),
        reference=release.reference,
        on=files.on,
        hardware=files.hardware,
        calendars=read_named(files.calendars),
        cells=read_named(files.cells),
        earlier=read_earlier(files.earlier),
    )
    return given, policy


def read_policy(path: pathlib.Path) -> gatepolicies.Spec:
    """The policy in a YAML file.

    Raises:
        SpecError: there is none, or a field does not fit.
    """
    return parse_policy(read_file(path), path)


def parse_policy(content: bytes, path: pathlib.Path) -> gatepolicies.Spec:
    """The policy in YAML: a GatePolicy, or its spec alone.

    Raises:
        SpecError: it is none, or a field does not fit; the text names ``path``.
    """
    try:
        value: Any = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise errors.SpecError(f"{path.name} is no YAML: {exc!s:.200}") from exc
    if not isinstance(value, dict):
        raise errors.SpecError(f"{path.name} holds no GatePolicy: it needs apiVersion, kind, metadata and spec")
    body = value if "spec" in value else {"spec": value}
    return gatepolicies.parse({"metadata": {"name": path.stem}, **body}).spec


def read_earlier(paths: Sequence[pathlib.Path]) -> dict[str, bytes]:
    """The documents of reports published earlier, one file each, by the digest of the report.

    Args:
        paths: directories as ``homeroom gate run --evidence`` writes them, or the ``report.json`` in one.

    Raises:
        SpecError: a document is missing or no JSON, or there are more reports than are compared.
    """
    if len(paths) > bundles.MOST:
        raise errors.SpecError(
            f"{len(paths)} earlier reports are given, and {bundles.MOST} are compared: give the newest"
        )
    found: dict[str, bytes] = {}
    for path in paths:
        directory = path.parent if path.name == attaching.REPORT else path
        names = (attaching.REPORT, attaching.EVIDENCE, attaching.POLICY)
        try:
            found |= bundles.build(*(json.loads(read_file(directory / name)) for name in names))
        except (ValueError, RecursionError) as exc:
            raise bundles.refused(exc) from exc
    return found


def parse_hardware(text: str) -> inputs.Hardware:
    """A box in words. Example: ``pi5:4096:4`` is a Raspberry Pi 5 with 4096 MiB and 4 cores.

    Raises:
        SpecError: it is not that.
    """
    found = _BOX.fullmatch(text)
    if found is None:
        raise errors.SpecError(f"{text[:80]!r} is no box: write PROFILE:MIB:CORES, such as pi5:4096:4")
    return inputs.Hardware(found[1], int(found[2]), int(found[3]))


def read_file(path: pathlib.Path) -> bytes:
    """Its bytes.

    Raises:
        SpecError: it cannot be read, or is larger than anything that is judged.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise errors.SpecError(f"{path} is larger than {MAX_BYTES} bytes")
        return path.read_bytes()
    except OSError as exc:
        raise errors.SpecError(f"cannot read {path}: {exc.strerror}") from exc


def read_named(paths: Sequence[pathlib.Path]) -> dict[str, bytes]:
    """Files by name, sorted.

    Raises:
        SpecError: one cannot be read, or two have the same name.
    """
    if len({path.name for path in paths}) != len(paths):
        raise errors.SpecError("two of the files have the same name: evidence knows files by name")
    return {path.name: read_file(path) for path in sorted(paths, key=lambda path: path.name)}
