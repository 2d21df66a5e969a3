"""The control channel's ports over the district database: signed assignments go down, sealed reports come up."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
import structlog
from starlette import concurrency

from homeroom.district.app import ports
from homeroom.district.database import assignments, reports, sites
from homeroom.domain import assignments as domain_assignments
from homeroom.domain import digests, errors
from homeroom.domain import reports as domain_reports
from homeroom.transport.control import messages
from homeroom.trust import bundles, envelopes, keys

_YEARS = range(2000, 9000)
"""A report from outside was not written by a clock; also what every database can store in any time zone."""

_log = structlog.get_logger()


class Sites:
    """``SitePort``: schools that talk to the district directly."""

    def __init__(self, found: ports.Ports) -> None:
        self._ports = found

    async def bundle(self, site_id: domain_assignments.SiteId, have: int) -> bundles.Bundle | None:
        """The school's newest bundle when it is newer than version ``have``.

        Raises:
            Refused: the school is not enrolled (any more).
        """

        def read() -> bundles.Bundle | None:
            with self._ports.database.read() as connection:
                _enrolled(connection, site_id)
                return assignments.bundle(connection, site_id, have)

        return await concurrency.run_in_threadpool(read)

    async def take(self, site_id: domain_assignments.SiteId, records: Sequence[envelopes.Envelope]) -> messages.Receipt:
        """Apply ``records``, each once, and acknowledge the school's streams."""
        return await concurrency.run_in_threadpool(_take, self._ports, records, [site_id])


class Hubs:
    """``HubPort``: hubs that carry for their schools."""

    def __init__(self, found: ports.Ports) -> None:
        self._ports = found

    async def bundles(self, hub: str, after: int) -> tuple[int, Sequence[bundles.Bundle]]:
        """A new cursor and what changed for the schools of ``hub``."""
        self._ports.hubs.note(hub, self._ports.clock())

        def read() -> tuple[int, Sequence[bundles.Bundle]]:
            with self._ports.database.read() as connection:
                return assignments.changed_for_hub(connection, hub, after)

        return await concurrency.run_in_threadpool(read)

    async def take(self, hub: str, records: Sequence[envelopes.Envelope]) -> messages.Receipt:
        """Apply ``records`` and acknowledge the streams of their schools, or of all schools of the hub for none."""
        self._ports.hubs.note(hub, self._ports.clock())

        def take() -> messages.Receipt:
            carried = {record.key.site_id for record in records}
            return _take(self._ports, records, carried or self._of_hub(hub))

        return await concurrency.run_in_threadpool(take)

    def _of_hub(self, hub: str) -> set[domain_assignments.SiteId]:
        with self._ports.database.read() as connection:
            return {row.site_id for row in sites.every(connection) if row.hub == hub}


def _take(
    found: ports.Ports, records: Sequence[envelopes.Envelope], asking: Iterable[domain_assignments.SiteId]
) -> messages.Receipt:
    """Check and open before the transaction, apply in it, sign what is committed."""
    with found.database.read() as connection:
        wanted = sorted({*asking, *(record.key.site_id for record in records)})
        known = {site_id: row for site_id in wanted if (row := sites.get(connection, site_id)) is not None}
    batch, refused = _open_all(found, records, known)
    with found.database.write() as connection:
        outcome = reports.apply(connection, batch, found.clock())
    _count(found, outcome, refused)
    with found.database.read() as connection:
        acks = [ack for row in known.values() for ack in _acknowledgements(connection, row)]
    return messages.Receipt(acks=tuple(envelopes.sign_ack(ack, found.ack_key) for ack in acks), refused=tuple(refused))


def _open_all(
    found: ports.Ports,
    records: Sequence[envelopes.Envelope],
    known: dict[domain_assignments.SiteId, sites.SiteRow],
) -> tuple[list[domain_reports.Report], list[messages.Refusal]]:
    batch, refused = [], []
    for record in records:
        try:
            batch.append(_open(record, known.get(record.key.site_id), found.seal_key))
        except errors.Refused as exc:
            refused.append(messages.Refusal(record.key, exc.reason))
    return batch, refused


def _open(record: envelopes.Envelope, site: sites.SiteRow | None, seal_key: keys.SealKey) -> domain_reports.Report:
    if site is None:
        raise errors.Refused("NotEnrolled", "no school of that siteId is enrolled here")
    if record.key.epoch != site.epoch:
        raise errors.Refused("WrongEpoch", f"{site.name} is at epoch {site.epoch}")
    public_key = keys.PublicKey.from_base64(site.public_key)
    try:
        report = envelopes.open_envelope(record, site_public_key=public_key, seal_key=seal_key)
        _check_storable(report)
    except (ValueError, RecursionError) as exc:
        raise errors.Refused("Unreadable", f"a report of {site.name} cannot be stored") from exc
    return report


def _check_storable(report: domain_reports.Report) -> None:
    """Signed by the school is not the same as sane: what the database cannot hold is refused, never a crash."""
    if not 1 <= report.key.seq <= reports.MAX_NUMBER:
        raise ValueError("seq out of range")
    if report.at.tzinfo is None or report.at.year not in _YEARS:
        raise ValueError("at is no plausible moment with a zone")
    if not isinstance(report.payload, dict):
        raise ValueError("payload is no object")  # noqa: TRY004 - one family for all that makes it unreadable
    if b"\\u0000" in digests.canonical_json(report.payload):
        raise ValueError("payload holds a NUL, which PostgreSQL cannot store")


def _acknowledgements(connection: sa.Connection, site: sites.SiteRow) -> list[domain_reports.Acknowledgement]:
    found = [
        domain_reports.Acknowledgement(
            site.site_id, site.epoch, kind, reports.through(connection, site.site_id, site.epoch, kind)
        )
        for kind in domain_reports.ReportClass
    ]
    return [ack for ack in found if ack.through > 0]


def _count(found: ports.Ports, outcome: reports.Applied, refused: Sequence[messages.Refusal]) -> None:
    found.counters.reports.labels("applied").inc(outcome.applied)
    found.counters.reports.labels("duplicate").inc(outcome.duplicates)
    found.counters.reports.labels("refused").inc(len(refused))
    for refusal in refused:
        found.counters.refusals.labels(refusal.reason).inc()
        _log.warning("report_refused", reason=refusal.reason, site=refusal.key.site_id, seq=refusal.key.seq)


def _enrolled(connection: sa.Connection, site_id: domain_assignments.SiteId) -> None:
    if sites.get(connection, site_id) is None:
        raise errors.Refused("NotEnrolled", f"no school with siteId {site_id} is enrolled here: ask the district")
