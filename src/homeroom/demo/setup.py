"""Brings everything of the demo up: tools, parts, people, schools; each step does only what is not there yet."""

import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from homeroom.client import districts
from homeroom.demo import contexts, fleet, options, parts, people, places, presenter, schools
from homeroom.domain import errors
from homeroom.embedded import ports, preflight, supervisor, toolchain
from homeroom.resources import kinds


@dataclass(frozen=True, slots=True)
class Running:
    """Everything that is up.

    Attributes:
        base: district and hub.
        everybody: the schools.
        tokens: token file by person.
        regions: in the order of their waves.
    """

    base: parts.Parts
    everybody: fleet.Fleet
    tokens: dict[str, Path]
    regions: tuple[str, ...]

    def connect(self, person: str) -> districts.DistrictClient:
        """The district's REST API as that person."""
        return districts.DistrictClient(self.base.api_url, self.tokens[person].read_text().strip())


def start(stack: contextlib.ExitStack, state: Path, runner: supervisor.Supervisor, out: presenter.Presenter) -> Running:
    """Everything, from the tools to the schools; leaving ``stack`` ends it.

    Raises:
        SpecError: the machine lacks something; the text says what.
        Unavailable: a part did not start.
    """
    example = options.example_directory()
    where = places.Places(state.absolute())
    found = schools.read(example / "schools.csv")
    regions = tuple(dict.fromkeys(school.region for school in found))
    with out.stage("tools", "Kubernetes API, kine, kubectl and registry, built once"):
        tools = _tools(where.root, out)
    tokens = people.write(where.people)
    book = ports.PortBook(where.root / "ports.json")
    base = parts.Parts(where, tools=tools, runner=runner, book=book, users=where.people / "users.json")
    stack.callback(base.stop)
    with out.stage("clusters", "Three Kubernetes APIs, two registries, MLflow"):
        base.start_planes()
    with out.stage("district", "District: API, operator; hub: relay, operator"):
        base.start_district()
        base.start_hub()
    everybody = fleet.Fleet(found, schools.pairs(found, regions), base)
    with out.stage("schools", f"{len(found)} schools, each with its own identity, keys, store and queue"):
        keys = everybody.enrol()
        _apply_objects(base, example)
        running = Running(base, everybody, tokens, regions)
        with running.connect("it") as district:
            _create_sites(district, found, keys, out)
        everybody.start()
    _write_context(running, where)
    return running


def _tools(state: Path, out: presenter.Presenter) -> toolchain.Tools:
    report = preflight.check(state)
    if report.problems:
        raise errors.SpecError("this machine is not ready:\n- " + "\n- ".join(report.problems))
    if report.build_minutes:
        out.say(f"the first time this builds Kubernetes from source: about {report.build_minutes} minutes")
    return toolchain.ensure_tools(out.progress)


def _apply_objects(base: parts.Parts, example: Path) -> None:
    """What district IT keeps as YAML: the policy, and where the hub is."""
    policy = yaml.safe_load((example / "policy.yaml").read_text())
    policy["metadata"]["namespace"] = kinds.NAMESPACE
    base.planes["district"].apply([policy, _hub(base)])
    base.planes["hub"].apply([_hub(base)])


def _hub(base: parts.Parts) -> dict[str, Any]:
    return {
        "apiVersion": "homeroom.dev/v1alpha1",
        "kind": "RegionalHub",
        "metadata": {"name": parts.HUB, "namespace": kinds.NAMESPACE},
        "spec": {
            "region": "tennessee",
            "endpoints": {"control": base.relay_url, "bulk": base.registries["hub"].url},
            "cacheMiB": 256,
        },
    }


def _create_sites(
    district: districts.DistrictClient,
    found: Sequence[schools.School],
    keys: dict[str, str],
    out: presenter.Presenter,
) -> None:
    known = {school["name"] for school in district.status()["schools"]}
    for number, school in enumerate(found, start=1):
        if school.name not in known:
            district.create("sites", school.to_site(keys[school.name]))
            out.progress(f"{number} of {len(found)} schools registered")


def _write_context(running: Running, where: places.Places) -> None:
    base = running.base
    context = contexts.DemoContext(
        server=base.api_url,
        tokens={person: str(path) for person, path in running.tokens.items()},
        schools={school.name: running.everybody.url(school) for school in running.everybody.all},
        kubeconfigs={
            tier: str(plane.kubeconfig("homeroom:demo-user", ["system:masters"])) for tier, plane in base.planes.items()
        },
        hub=parts.HUB,
        endpoints=[asdict(endpoint) for endpoint in running.everybody.endpoints()],
    )
    contexts.write(where.root, context)
