"""A registry that misbehaves on demand, over a real socket: what no healthy registry can be made to do."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from homeroom.domain import digests

_BLOB = re.compile(r"^/v2/(?P<repository>.+)/blobs/(?P<digest>sha256:[0-9a-f]{64})$")
_UPLOAD = re.compile(r"^/v2/(?P<repository>.+)/blobs/uploads/(?P<id>\d*)$")
_MANIFEST = re.compile(r"^/v2/(?P<repository>.+)/manifests/(?P<reference>[^/]+)$")


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one GET of a blob.

    Attributes:
        status: answer only this.
        retry_after: with this header.
        drop_after: cut the connection after so many bytes of the body.
        hang_after: say nothing more after so many bytes.
        flip: alter the byte at this place of the body that is sent.
        ignore_range: send everything with 200.
        wrong_range: send the bytes from 0, as 206 of another range.
    """

    status: int = 0
    retry_after: int | None = None
    drop_after: int | None = None
    hang_after: int | None = None
    flip: int | None = None
    ignore_range: bool = False
    wrong_range: bool = False


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    method: str
    path: str
    range: str | None


@dataclass
class FakeRegistry:
    """Plain HTTP on a free loopback port; ``url``.

    Attributes:
        blobs: what it holds, by digest; a test may put bytes under a digest that is not theirs.
        manifests: likewise.
        faults: taken one for each GET of a blob; when it is empty all goes well.
        asked: every request so far.
        always: fault of every GET of a blob.
    """

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, bytes] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    always: Fault | None = None
    url: str = ""

    async def __aenter__(self) -> Self:
        self._writers: set[asyncio.StreamWriter] = set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()
        await asyncio.sleep(0)

    def put(self, content: bytes) -> digests.Digest:
        """Holds a blob."""
        digest = digests.of_bytes(content)
        self.blobs[digest] = content
        return digest

    def ranges(self) -> list[str | None]:
        """Range header of each GET of a blob."""
        return [asked.range for asked in self.asked if asked.method == "GET" and "/blobs/" in asked.path]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        path, _, query = target.partition("?")
        self.asked.append(Asked(method, path, headers.get("range")))
        if method == "GET" and (found := _BLOB.match(path)) and found["digest"] in self.blobs:
            return await self._send_blob(writer, self.blobs[found["digest"]], headers.get("range"))
        await self._answer(writer, *self._other(method, path, query, body), head_only=method == "HEAD")
        return True

    def _other(self, method: str, path: str, query: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if found := _UPLOAD.match(path):
            return self._uploaded(method, found["repository"], query, body)
        if (found := _BLOB.match(path)) and found["digest"] in self.blobs:
            return 200, {}, self.blobs[found["digest"]]
        if found := _MANIFEST.match(path):
            return self._manifest(method, found["reference"], body)
        return 404, {}, b""

    def _uploaded(self, method: str, repository: str, query: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if method == "POST":
            return 202, {"location": f"https://elsewhere.invalid/v2/{repository}/blobs/uploads/1?state=x"}, b""
        wanted = query.rpartition("digest=")[2].replace("%3A", ":")
        if digests.of_bytes(body) != wanted or "state=x" not in query:
            return 400, {}, b""
        self.blobs[wanted] = body
        return 201, {}, b""

    def _manifest(self, method: str, reference: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if method == "PUT":
            self.manifests[reference] = self.manifests[digests.of_bytes(body)] = body
            return 201, {}, b""
        if reference in self.manifests:
            return 200, {}, self.manifests[reference]
        return 404, {}, b""

    async def _send_blob(self, writer: asyncio.StreamWriter, content: bytes, asked: str | None) -> bool:
        fault = self.faults.popleft() if self.faults else self.always or Fault()
        if fault.status:
            extra = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
            await self._answer(writer, fault.status, extra, b"")
            return True
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and not fault.ignore_range else 0
        if start and start >= len(content):
            await self._answer(writer, 416, {}, b"")
            return True
        partial = {"content-range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        if fault.wrong_range:
            start, partial = 0, {"content-range": f"bytes 0-{len(content) - 1}/{len(content)}"}
        body = bytearray(content[start:])
        if fault.flip is not None:
            body[fault.flip] ^= 1
        return await self._send_cut(writer, 206 if partial else 200, partial, bytes(body), fault)

    async def _send_cut(
        self, writer: asyncio.StreamWriter, status: int, headers: dict[str, str], body: bytes, fault: Fault
    ) -> bool:
        cut = fault.drop_after if fault.drop_after is not None else fault.hang_after
        if cut is None:
            await self._answer(writer, status, headers, body)
            return True
        await self._answer(writer, status, headers, body[:cut], length=len(body))
        if fault.hang_after is not None:
            await asyncio.Event().wait()
        writer.close()  # what is in the buffer still goes out, then the line is cut
        return False

    async def _answer(
        self,
        writer: asyncio.StreamWriter,
        status: int,
        headers: dict[str, str],
        body: bytes,
        *,
        length: int | None = None,
        head_only: bool = False,
    ) -> None:
        lines = [f"HTTP/1.1 {status} x", f"content-length: {len(body) if length is None else length}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + (b"" if head_only else body))
        await writer.drain()
