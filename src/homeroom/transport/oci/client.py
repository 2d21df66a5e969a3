"""Client of an OCI registry: push, and pull that resumes, checks the digest and keeps the link's budget."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import httpx

from homeroom.domain import digests, errors
from homeroom.transport import tls
from homeroom.transport.oci import answers, budgets, contents, parts, retries

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
MAX_MANIFEST_BYTES = 4 * 2**20  # what the OCI distribution specification tells registries to accept

_CONNECT_SECONDS = 3.0
_READ_SECONDS = 10.0  # a registry may read from a slow disk before its first byte
_ROUND_GAIN = 0.01  # a round of attempts that brought this fraction of the blob is worth another

_Result = TypeVar("_Result")


class OciClient:
    """Speaks to one registry; close it, or use it as an async context.

    Every method raises ``Unavailable`` when the registry cannot be reached or faults after all attempts, ``NotReady``
    when it does not have what was asked for, ``Refused`` when bytes do not have their digest or the registry denies.

    Attributes:
        sent_bytes: bodies sent so far, repeated parts included.
        received_bytes: bodies received so far, repeated parts included.
    """

    def __init__(
        self,
        base_url: str,
        files: tls.TlsFiles | None,
        limit_kbit: float | None = None,
        *,
        tries: retries.Retries | None = None,
        read_seconds: float = _READ_SECONDS,
    ) -> None:
        """See the class.

        Args:
            base_url: such as ``https://registry.example:5000``, without a slash at the end.
            files: this end's identity; None for plain HTTP.
            limit_kbit: kbit/s for bodies in both directions together; None: as fast as it goes.
            tries: how stubborn to be.
            read_seconds: longest silence.
        """
        self.sent_bytes = 0
        self.received_bytes = 0
        self._where = base_url
        self._tries = tries or retries.Retries()
        self._budget = None if limit_kbit is None else budgets.Budget(limit_kbit)
        self._http = httpx.AsyncClient(
            base_url=base_url,
            verify=False if files is None else tls.client_context(files),
            timeout=httpx.Timeout(read_seconds, connect=_CONNECT_SECONDS),
            headers={"accept-encoding": "identity", "user-agent": "homeroom"},
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2),
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends the open connections."""
        await self._http.aclose()

    async def has_blob(self, repository: str, digest: digests.Digest) -> bool:
        """Whether the registry says that it has the blob; it does not say that the bytes are right."""
        return await self._exists(f"/v2/{repository}/blobs/{digest}")

    async def has_manifest(self, repository: str, digest: digests.Digest) -> bool:
        """Whether the registry says that it has the manifest; it took it only after every blob that it names."""
        return await self._exists(f"/v2/{repository}/manifests/{digest}")

    async def push_blob(self, repository: str, content: contents.Content) -> digests.Digest:
        """Puts the blob there unless it is there already; the registry checks the digest.

        Args:
            repository: such as ``releases/reading-support``.
            content: the bytes, or a file that is streamed.
        """
        digest = await asyncio.to_thread(contents.digest_of, content)
        if not await self.has_blob(repository, digest):
            await self._repeat(lambda: self._upload(repository, digest, content))
        return digest

    async def push_manifest(
        self, repository: str, manifest: bytes, tag: str | None = None, *, media_type: str = MANIFEST_TYPE
    ) -> digests.Digest:
        """Puts the manifest there, under its digest and, if given, under ``tag``; what it names must be there first."""
        digest = digests.of_bytes(manifest)
        path = f"/v2/{repository}/manifests/{tag or digest}"
        await self._repeat(lambda: self._put(path, manifest, len(manifest), {"content-type": media_type}))
        return digest

    async def pull_manifest(self, repository: str, digest: digests.Digest) -> bytes:
        """The manifest's bytes, which have that digest."""
        content = await self._repeat(lambda: self._get_manifest(repository, digest, MANIFEST_TYPE))
        if digests.of_bytes(content) != digest:
            raise errors.Refused("Altered", f"{self._where}: manifest {digest} has other bytes than its digest says")
        return content

    async def pull_tag(self, repository: str, tag: str, media_type: str) -> bytes | None:
        """What lies under a tag; None when nothing does. Nothing vouches for it: a tag is not a digest."""
        try:
            return await self._repeat(lambda: self._get_manifest(repository, tag, media_type))
        except errors.NotReady as exc:
            if isinstance(exc, retries.Busy):
                raise
            return None

    async def pull_blob(self, repository: str, digest: digests.Digest, size_bytes: int, destination: Path) -> None:
        """Brings the blob to ``destination``, complete and with the right digest, or raises and leaves nothing there.

        What has arrived is kept in ``NAME.part`` and the next call asks only for the rest. Never more than
        ``size_bytes`` is stored. Attempts that bring the blob forward are not counted against the limit.

        Args:
            repository: where the blob lies.
            digest: of the whole blob.
            size_bytes: exactly as the manifest says.
            destination: file to make; it appears only when complete.
        """
        try:
            if await asyncio.to_thread(contents.is_whole, destination, digest, size_bytes):
                return
            part = await parts.Part.opened(destination, limit_bytes=size_bytes)
            try:
                await self._complete(repository, digest, size_bytes, part)
                await part.finish()
            except errors.Refused:
                part.discard()
                raise
            finally:
                part.close()
        except OSError as exc:  # a full disk, mostly; what has arrived stays
            raise errors.Unavailable(f"cannot keep {digests.short(digest)} in {destination.parent}: {exc}") from exc

    async def _complete(self, repository: str, digest: digests.Digest, size_bytes: int, part: parts.Part) -> None:
        resumed = part.size_bytes > 0
        await self._fill(repository, digest, size_bytes, part)
        if part.digest != digest and resumed:
            # What an earlier attempt left may be what is wrong: one clean start, then the registry is to blame.
            part.restart()
            await self._fill(repository, digest, size_bytes, part)
        if part.digest != digest:
            raise errors.Refused("Altered", f"{self._where}: blob {digest} has other bytes than its digest says")

    async def _fill(self, repository: str, digest: digests.Digest, size_bytes: int, part: parts.Part) -> None:
        furthest = part.size_bytes
        while part.size_bytes < size_bytes:
            try:
                await self._repeat(lambda: self._download(repository, digest, size_bytes, part))
            except errors.Unavailable:
                # Against the furthest ever, not the last: a truncated file would have us start again for ever.
                if part.size_bytes - furthest < max(1, size_bytes * _ROUND_GAIN):
                    raise
                furthest = part.size_bytes

    async def _download(self, repository: str, digest: digests.Digest, size_bytes: int, part: parts.Part) -> None:
        headers = {"range": f"bytes={part.size_bytes}-"} if part.size_bytes else {}
        path = f"/v2/{repository}/blobs/{digest}"
        with answers.translated(self._where):
            async with self._http.stream("GET", path, headers=headers) as response:
                self._check_range(response, path, part)
                # In pieces as they come: gathered into larger ones, the last would be lost with the connection.
                async for chunk in response.aiter_raw():
                    await self._received(chunk)
                    if part.size_bytes + len(chunk) > size_bytes:
                        raise errors.Refused("Altered", f"{self._where}: blob {digest} is larger than {size_bytes} B")
                    part.append(chunk)
        if part.size_bytes < size_bytes:
            raise errors.Unavailable(f"{self._where}: {digest} ended after {part.size_bytes} of {size_bytes} bytes")

    def _check_range(self, response: httpx.Response, path: str, part: parts.Part) -> None:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.restart()
            raise errors.Unavailable(f"{self._where}{path}: nothing after what is there, starting again")
        answers.check(response, f"{self._where}{path}")
        starts = response.headers.get("content-range", "").startswith(f"bytes {part.size_bytes}-")
        if response.status_code != HTTPStatus.PARTIAL_CONTENT or not starts:
            if response.status_code == HTTPStatus.PARTIAL_CONTENT:
                raise errors.Unavailable(f"{self._where}{path}: another range than asked for")
            part.restart()  # the whole body comes, because the registry ignores ranges or we asked for none

    async def _get_manifest(self, repository: str, reference: str, media_type: str) -> bytes:
        path = f"/v2/{repository}/manifests/{reference}"
        content = bytearray()
        with answers.translated(self._where):
            async with self._http.stream("GET", path, headers={"accept": media_type}) as response:
                answers.check(response, f"{self._where}{path}")
                async for chunk in response.aiter_raw():
                    await self._received(chunk)
                    content += chunk
                    if len(content) > MAX_MANIFEST_BYTES:
                        raise errors.Refused("Altered", f"{self._where}: manifest {reference} is too large to be one")
        return bytes(content)

    async def _exists(self, path: str) -> bool:
        async def ask() -> bool:
            with answers.translated(self._where):
                response = await self._http.head(path, headers={"accept": MANIFEST_TYPE})
            if response.status_code == HTTPStatus.NOT_FOUND:
                return False
            answers.check(response, f"{self._where}{path}")
            return True

        return await self._repeat(ask)

    async def _upload(self, repository: str, digest: digests.Digest, content: contents.Content) -> None:
        with answers.translated(self._where):
            started = await self._http.post(f"/v2/{repository}/blobs/uploads/", headers={"content-length": "0"})
        answers.check(started, f"{self._where}: upload to {repository}")
        location = urlsplit(started.headers.get("location", ""))
        # Only the path counts: a registry must not send our bytes to another host.
        query = f"{location.query}&" if location.query else ""
        size_bytes = await asyncio.to_thread(contents.size_of, content)
        headers = {"content-type": "application/octet-stream"}
        await self._put(f"{location.path}?{query}digest={digest}", content, size_bytes, headers)

    async def _put(self, path: str, content: contents.Content, size_bytes: int, headers: dict[str, str]) -> None:
        headers = headers | {"content-length": str(size_bytes)}
        with answers.translated(self._where):
            response = await self._http.put(path, content=self._outgoing(content), headers=headers)
        answers.check(response, f"{self._where}{path}")

    async def _outgoing(self, content: contents.Content) -> AsyncIterator[bytes]:
        async for chunk in contents.chunks(content):
            if self._budget is not None:
                await self._budget.take(len(chunk))
            self.sent_bytes += len(chunk)
            yield chunk

    async def _received(self, chunk: bytes) -> None:
        self.received_bytes += len(chunk)
        if self._budget is not None:
            await self._budget.take(len(chunk))

    async def _repeat(self, call: Callable[[], Awaitable[_Result]]) -> _Result:
        async def attempt() -> (
            _Result
        ):  # tenacity awaits only what is declared as a coroutine function; a lambda is not
            return await call()

        return await self._tries.each()(attempt)
