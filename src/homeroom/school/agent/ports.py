"""What the agent needs from the two channels; the real clients of ``transport`` fit, and so do the fakes of tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from homeroom.domain import assignments, digests, reports
from homeroom.trust import bundles, envelopes


class Refusal(Protocol):
    """A report that will never be taken."""

    @property
    def key(self) -> reports.ReportKey:
        """Its number."""

    @property
    def reason(self) -> str:
        """Why."""


class Receipt(Protocol):
    """What became of a batch of reports."""

    @property
    def stored(self) -> Mapping[str, int]:
        """How far the other side holds each class; paces sending, allows no deleting."""

    @property
    def acks(self) -> Sequence[envelopes.SignedAck]:
        """The district's receipts."""

    @property
    def refused(self) -> Sequence[Refusal]:
        """Reports that will never be taken."""


class ControlPort(Protocol):
    """One endpoint's control channel; every call has a deadline of its own."""

    async def assignment(self, site_id: assignments.SiteId, have: int) -> bundles.Bundle | None:
        """The newest bundle if it is newer than ``have``."""

    async def send_reports(self, site_id: assignments.SiteId, records: Sequence[envelopes.Envelope]) -> Receipt:
        """Hand over reports; with none it asks for receipts."""

    async def aclose(self) -> None:
        """End the connections."""


class BulkPort(Protocol):
    """One endpoint's registry."""

    async def pull_manifest(self, repository: str, digest: digests.Digest) -> bytes:
        """The manifest, checked against its digest."""

    async def pull_blob(self, repository: str, digest: digests.Digest, size_bytes: int, destination: Path) -> None:
        """The blob as a file, checked."""

    async def aclose(self) -> None:
        """End the connections."""


class Links(Protocol):
    """Opens channels to an endpoint; opening connects to nobody."""

    def control(self, endpoint: assignments.Endpoint) -> ControlPort:
        """Its control channel."""

    def bulk(self, endpoint: assignments.Endpoint) -> BulkPort:
        """Its registry."""
