"""What the API server calls a kind."""

from dataclasses import dataclass

GROUP = "homeroom.dev"
VERSION = "v1alpha1"
NAMESPACE = "homeroom"
"""All kinds are namespaced, and every tier keeps its objects in this one namespace."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Where objects of one kind live in the API.

    Attributes:
        group: API group; empty for the core group.
        version: API version, such as ``v1alpha1``.
        kind: CamelCase singular, as in manifests.
        plural: lower-case plural, as in URLs.
        namespaced: False for kinds such as ``Namespace``.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """``group/version`` as in manifests, only ``version`` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version


def homeroom(kind: str, plural: str) -> Kind:
    """A kind of ours."""
    return Kind(group=GROUP, version=VERSION, kind=kind, plural=plural)
