"""One tier's Kubernetes API, as plain JSON objects of known kinds."""

import builtins
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from homeroom.kube import answers, connections, watches
from homeroom.resources import kinds

Body = dict[str, Any]
Impersonation = connections.Impersonation

PAGE_SIZE = 500
"""What kubectl asks for at a time; keeps one answer of a large list small."""


@dataclass(frozen=True, slots=True)
class Listing:
    """All objects of a kind at one moment.

    Attributes:
        items: the objects.
        resource_version: a watch that goes on from here misses nothing.
    """

    items: tuple[Body, ...]
    resource_version: str


class Kubernetes:
    """Objects in one namespace of one API; every error is one of ``domain.errors``.

    Use ``connect`` to get one. Requests of one instance may run at the same time.

    Attributes:
        namespace: where namespaced kinds are read and written.
        field_manager: who we are in ``metadata.managedFields``.
    """

    def __init__(
        self,
        connection: connections.Connection,
        namespace: str,
        field_manager: str,
        impersonate: Impersonation | None = None,
    ) -> None:
        self._connection = connection
        self._impersonate = impersonate
        self.namespace = namespace
        self.field_manager = field_manager

    def as_user(self, impersonate: Impersonation) -> "Kubernetes":
        """The same connection, on behalf of somebody else."""
        return Kubernetes(self._connection, self.namespace, self.field_manager, impersonate)

    async def get(self, kind: kinds.Kind, name: str) -> Body | None:
        """That object, None when there is none."""
        try:
            return await self._ask("GET", self._path(kind, name))
        except answers.Missing:
            return None

    async def list(self, kind: kinds.Kind, labels: Mapping[str, str] | None = None) -> "builtins.list[Body]":
        """All objects of that kind with these labels, read in pages."""
        return [*(await self.listing(kind, labels)).items]

    async def listing(self, kind: kinds.Kind, labels: Mapping[str, str] | None = None) -> Listing:
        """All objects, and from where a watch goes on without a hole."""
        try:
            return await self._listing(kind, labels)
        except answers.Gone:  # the snapshot expired between two pages: once more from the start
            return await self._listing(kind, labels)

    async def create(self, kind: kinds.Kind, body: Mapping[str, Any]) -> Body:
        """Creates the object; raises AlreadyExists when there is one of that name."""
        return await self._ask("POST", self._path(kind), _framed(kind, body))

    async def apply(self, kind: kinds.Kind, body: Mapping[str, Any]) -> Body:
        """Makes the fields in ``body`` so, whether the object exists or not (server-side apply, our fields win)."""
        path = self._path(kind, body["metadata"]["name"])
        return await self._ask("PATCH", path, _framed(kind, body), connections.APPLY_PATCH, force="true")

    async def replace(self, kind: kinds.Kind, body: Mapping[str, Any]) -> Body:
        """Replaces the object; raises Conflict unless ``metadata.resourceVersion`` is the present one."""
        return await self._ask("PUT", self._path(kind, body["metadata"]["name"]), _framed(kind, body))

    async def patch_spec(
        self, kind: kinds.Kind, name: str, merge_patch: Mapping[str, Any], resource_version: str | None = None
    ) -> Body:
        """Changes these fields of the spec; None removes a field, lists are replaced (JSON merge patch).

        Raises Conflict when ``resource_version`` is given and the object is no longer at it: a list that was read
        before somebody else's change must not replace it.
        """
        body: Body = {"spec": dict(merge_patch)}
        if resource_version is not None:
            body["metadata"] = {"resourceVersion": resource_version}
        return await self._ask("PATCH", self._path(kind, name), body, connections.MERGE_PATCH)

    async def write_status(self, kind: kinds.Kind, name: str, status: Mapping[str, Any], resource_version: str) -> Body:
        """Replaces the whole status; raises Conflict when the object is no longer at ``resource_version``."""
        metadata = {"name": name, "namespace": self.namespace, "resourceVersion": resource_version}
        body = _framed(kind, {"metadata": metadata, "status": dict(status)})
        return await self._ask("PUT", self._path(kind, name, "status"), body)

    async def delete(self, kind: kinds.Kind, name: str, *, propagation: str | None = None) -> None:
        """Deletes the object; nothing happens when there is none.

        Args:
            kind: of it.
            name: of it.
            propagation: what becomes of what it owns, such as ``Background``; None for the kind's own default.
        """
        query: dict[str, Any] = {} if propagation is None else {"propagationPolicy": propagation}
        with contextlib.suppress(answers.Missing):
            await self._ask("DELETE", self._path(kind, name), **query)

    async def watch(
        self,
        kind: kinds.Kind,
        resource_version: str | None = None,
        *,
        inactivity: timedelta = watches.INACTIVITY,
    ) -> AsyncGenerator[watches.Event]:
        """What happens to objects of that kind, until the API server ends the stream, which it does every few minutes.

        Args:
            kind: which objects.
            resource_version: go on after this version; without it every present object comes first as ADDED.
            inactivity: how long the stream may be silent before it counts as broken.

        Raises:
            Gone: the version is too old; list again.
            Unavailable: the stream broke or was silent too long.
        """
        query = {"watch": "true", "allowWatchBookmarks": "true"}
        query["timeoutSeconds"] = str(int(watches.SERVER_TIMEOUT.total_seconds()))
        if resource_version is not None:
            query["resourceVersion"] = resource_version
        request = connections.Request("GET", self._path(kind), query)
        async with self._connection.stream(request, inactivity, self._impersonate) as stream:
            async for event in watches.read(stream, f"watch {kind.plural}"):
                yield event

    async def _listing(self, kind: kinds.Kind, labels: Mapping[str, str] | None) -> Listing:
        items: list[Body] = []
        query = {"limit": str(PAGE_SIZE), **_selector(labels)}
        while True:
            request = connections.Request("GET", self._path(kind), query)
            page = await self._connection.ask(request, self._impersonate)
            items += [_framed(kind, item) for item in page.get("items") or ()]
            metadata = page["metadata"]
            if not metadata.get("continue"):
                return Listing(tuple(items), metadata["resourceVersion"])
            query["continue"] = metadata["continue"]

    def _path(self, kind: kinds.Kind, name: str | None = None, subresource: str | None = None) -> str:
        root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
        space = f"/namespaces/{quote(self.namespace, safe='')}" if kind.namespaced else ""
        last = "".join(f"/{quote(part, safe='')}" for part in (name, subresource) if part is not None)
        return f"{root}{space}/{kind.plural}{last}"

    async def _ask(
        self, method: str, path: str, body: Body | None = None, content_type: str = connections.JSON, **query: str
    ) -> Body:
        if body is not None:
            query["fieldManager"] = self.field_manager
        request = connections.Request(method, path, query, body, content_type)
        return await self._connection.ask(request, self._impersonate)


@contextlib.asynccontextmanager
async def connect(
    kubeconfig: Path,
    namespace: str = kinds.NAMESPACE,
    *,
    field_manager: str,
    impersonate: Impersonation | None = None,
) -> AsyncIterator[Kubernetes]:
    """The API that ``kubeconfig`` names, closed at the end of the block.

    Raises:
        SpecError: the file is missing or no kubeconfig. The API server itself is first asked by the first request.
    """
    async with connections.open_kubeconfig(kubeconfig) as connection:
        yield Kubernetes(connection, namespace, field_manager, impersonate)


def _framed(kind: kinds.Kind, body: Mapping[str, Any]) -> Body:
    return {**body, "apiVersion": kind.api_version, "kind": kind.kind}


def _selector(labels: Mapping[str, str] | None) -> dict[str, str]:
    return {"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items())} if labels else {}
