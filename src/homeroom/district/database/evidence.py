"""What a decision was based on, by digest: gate reports and their pages. Never evaluation rows."""

import sqlalchemy as sa

from homeroom.district.database import tables
from homeroom.domain import digests

_T = tables.EVIDENCE


def put(connection: sa.Connection, kind: str, content: bytes) -> digests.Digest:
    """Store ``content`` once and give its digest; ``kind`` is for people, such as ``gate-report``."""
    digest = digests.of_bytes(content)
    if get(connection, digest) is None:
        connection.execute(sa.insert(_T).values(digest=digest, kind=kind, content=content))
    return digest


def get(connection: sa.Connection, digest: digests.Digest) -> bytes | None:
    """That content; None when it was never stored."""
    return connection.execute(sa.select(_T.c.content).where(_T.c.digest == digest)).scalar()
