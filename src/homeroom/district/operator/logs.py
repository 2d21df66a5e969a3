"""Log lines: one JSON object each, on standard error."""

import logging
import sys

import structlog


def configure() -> None:
    """Structured lines from us; other people's loggers (Kopf's above all) speak from warning up."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s", force=True)
    logging.getLogger().handlers[0].setFormatter(_Library())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


class _Library(logging.Formatter):
    """A line of somebody else's logger as one of ours."""

    def format(self, record: logging.LogRecord) -> str:
        renderer = structlog.processors.JSONRenderer()
        line = {"event": "library", "level": record.levelname.lower(), "logger": record.name}
        return str(renderer(None, "", {**line, "message": super().format(record)}))
