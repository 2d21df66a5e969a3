"""What a decision was based on, by digest: the documents of gate runs and their pages. Never evaluation rows."""

from collections.abc import Iterator

import sqlalchemy as sa

from homeroom.district.database import tables
from homeroom.domain import digests

_T = tables.EVIDENCE

GATE_REPORT = "gate-report"
GATE_EVIDENCE = "gate-evidence"
GATE_POLICY = "gate-policy"
GATE_PAGE = "gate-page"
EVIDENTLY_PAGE = "evidently-page"


def put(connection: sa.Connection, kind: str, content: bytes, *, about: digests.Digest | None = None) -> digests.Digest:
    """Store ``content`` once and give its digest.

    Args:
        connection: of a transaction.
        kind: what it is, such as ``gate-report``.
        content: its bytes.
        about: digest of the evidence that this is attached to; of a gate report, the release.
    """
    digest = digests.of_bytes(content)
    if get(connection, digest) is None:
        connection.execute(sa.insert(_T).values(digest=digest, kind=kind, about=about, content=content))
    return digest


def attached(connection: sa.Connection, kind: str, about: digests.Digest) -> bytes | None:
    """What of that kind is attached to that evidence; None when nothing is."""
    query = sa.select(_T.c.content).where(_T.c.kind == kind, _T.c.about == about).order_by(_T.c.digest).limit(1)
    return connection.execute(query).scalar()


def about_model(connection: sa.Connection, kind: str, model_name: str) -> Iterator[bytes]:
    """Everything of that kind that is about a release of that model, ordered by digest."""
    releases = sa.select(tables.RELEASES.c.release_digest).where(tables.RELEASES.c.model_name == model_name)
    query = sa.select(_T.c.content).where(_T.c.kind == kind, _T.c.about.in_(releases)).order_by(_T.c.digest)
    yield from connection.execute(query).scalars()


def get(connection: sa.Connection, digest: digests.Digest) -> bytes | None:
    """That content; None when it was never stored."""
    return connection.execute(sa.select(_T.c.content).where(_T.c.digest == digest)).scalar()
