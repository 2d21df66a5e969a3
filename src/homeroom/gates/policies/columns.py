"""What a column says about a child, told from its name only where the name means just that.

A name is brought to one form (lower case, words joined by underscores, accents off) and must then be *equal* to a name in
``column-kinds.yaml``; a part of a name decides nothing, so that ``race_seconds`` is no ethnicity. Where 0/1 columns spread one
choice, the choice's name is looked at as well. Whoever writes a policy may declare further kinds; a declaration only adds.
A column with a name that nobody thought of and nobody declared is not recognised: the allow-list of the purpose register is what
keeps such columns out.
"""

import functools
import importlib.resources
import re
import unicodedata
from collections.abc import Iterable

import yaml

from homeroom.gates.policies import packs
from homeroom.resources import gatepolicies


def normalised(name: str) -> str:
    """One form of a column's name. Example: ``FreeLunch``, ``free-lunch`` and ``Free lunch`` give ``free_lunch``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain)
    return re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_")


def kinds_of(names: Iterable[str], spec: gatepolicies.Spec) -> frozenset[gatepolicies.Kind]:
    """What a column of these names says; empty where no name tells and none is declared.

    Args:
        names: the column's own, and that of the choice which it is part of.
        spec: with its declarations.
    """
    forms = {normalised(name) for name in names}
    declared = {entry.kind for entry in spec.privacy.columns if normalised(entry.column) in forms}
    return frozenset(declared | {kind for kind, names in known().items() if names & forms})


def holds(group: gatepolicies.ProtectedGroup, attribute: packs.Attribute) -> bool:
    """Whether that group is one of the attribute: by declaration, by its name, or by its column's name."""
    if group.attribute is not None:
        return group.attribute == attribute.name
    names = {normalised(column) for column in attribute.columns}
    return group.name == attribute.name or normalised(group.column) in names


@functools.cache
def known() -> dict[gatepolicies.Kind, frozenset[str]]:
    """Names that tell, by kind, each in the form of ``normalised``."""
    file = importlib.resources.files("homeroom.gates.policies") / "column-kinds.yaml"
    listed = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {gatepolicies.Kind(kind): frozenset(names) for kind, names in listed.items()}
