"""What one school tells the district: when a status report is due, and what the other side holds already."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog

import homeroom
from homeroom.domain import assignments, errors, reports
from homeroom.school import metrics, plans
from homeroom.school.agent import decisions, ports
from homeroom.school.store import queue

NoteFailure = Callable[[assignments.Endpoint, errors.HomeroomError], None]
"""Told of an endpoint that did not answer."""

_LONG_AGO = float("-inf")


class Outbox:
    """Status reports into the queue, and the queue to whoever answers.

    What it remembers only saves sending; after a restart everything that waits is sent again.

    Args:
        name: of the school, for metrics.
        site_id: the school.
        waiting: where reports wait for the district's receipt.
        clock: dates the reports.
        status: between two status reports.
        resend: reports that a hub holds without the district's receipt are sent again after this long.
        batch: reports in one request.
    """

    def __init__(
        self,
        name: str,
        site_id: assignments.SiteId,
        waiting: queue.Queue,
        *,
        clock: Callable[[], datetime],
        status: timedelta,
        resend: timedelta,
        batch: int,
    ) -> None:
        self._name = name
        self._site_id = site_id
        self._queue = waiting
        self._clock = clock
        self._status = status
        self._resend = resend
        self._batch = batch
        self._log = structlog.get_logger().bind(school=name)
        self._status_at = _LONG_AGO
        self._stored: dict[str, int] = {}
        self._stored_at = _LONG_AGO

    @property
    def status_is_due(self) -> bool:
        """Whether the newest status report is too old."""
        return time.monotonic() - self._status_at >= self._status.total_seconds()

    def queue_status(
        self, followed: assignments.Assignment | None, serving: plans.Serving | None, refused: str | None
    ) -> None:
        """Queue a status report.

        Args:
            followed: the assignment in force.
            serving: what is answered from.
            refused: why the newest assignment is not followed.
        """
        payload = {
            "assignmentVersion": 0 if followed is None else followed.version,
            "serving": decisions.summary(serving),
            "answers": 0 if serving is None else serving.answers,
            "agentVersion": homeroom.__version__,
            "refused": refused,
        }
        self._queue.append(reports.ReportClass.STATUS, payload, self._clock())
        self._status_at = time.monotonic()

    async def send(
        self, controls: Iterable[tuple[assignments.Endpoint, ports.ControlPort]], note_failure: NoteFailure
    ) -> None:
        """Send batch after batch to the first that answers, until nothing is left that it does not hold."""
        for endpoint, control in controls:
            try:
                while await self._send_batch(control):
                    pass
            except errors.Refused as exc:
                self._log.error("reports_refused", endpoint=endpoint.name, reason=exc.reason, error=str(exc))
            except (errors.Unavailable, errors.NotReady, errors.SpecError) as exc:
                note_failure(endpoint, exc)
                self._stored_at = _LONG_AGO  # the next endpoint holds nothing of what this one held
                continue
            return

    def measure(self) -> None:
        """Bring the metrics of what waits up to date."""
        metrics.QUEUED.labels(self._name).set(self._queue.count())
        for class_, size in self._queue.bytes_by_class().items():
            metrics.QUEUED_BYTES.labels(self._name, class_).set(size)

    async def _send_batch(self, control: ports.ControlPort) -> bool:
        if time.monotonic() - self._stored_at >= self._resend.total_seconds():
            self._stored, self._stored_at = {}, time.monotonic()
        batch = self._queue.batch(self._batch, self._stored)
        if not batch and self._queue.numbers_known and self._queue.count() == 0:
            return False
        receipt = await control.send_reports(self._site_id, batch)
        self._stored.update(receipt.stored)
        self._queue.acknowledge(receipt.acks)
        for refusal in receipt.refused:
            self._log.error("report_refused", report_class=refusal.key.report_class, reason=refusal.reason)
        return bool(batch) and len(batch) == self._batch and bool(receipt.stored or receipt.acks)
