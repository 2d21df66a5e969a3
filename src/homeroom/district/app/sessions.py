"""Console sessions: a signed cookie that names the user, and proofs that a form came from our own page."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from homeroom.district.app import users

COOKIE = "homeroom_session"
FORM_COOKIE = "homeroom_form"
LIFETIME = timedelta(hours=12)
"""One working day: longer than a shift, gone the next morning."""

KEY_BYTES = 32
"""Of the key and of every proof: HMAC-SHA-256."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Makes and checks cookies; nothing is stored, so removing a user or changing their token ends their sessions.

    Attributes:
        key: at least 32 secret bytes.
        everybody: who may have a session.
    """

    key: bytes
    everybody: users.Users

    @classmethod
    def create(cls, key: bytes | None, everybody: users.Users) -> "Sessions":
        """With ``key``, or with one that lives as long as this process."""
        return cls(key or secrets.token_bytes(KEY_BYTES), everybody)

    def issue(self, user: users.User, now: datetime) -> str:
        """The cookie's value for ``user``."""
        claims = {"user": user.name, "until": (now + LIFETIME).isoformat(), "credential": self._credential(user)}
        content = json.dumps(claims).encode()
        return base64.urlsafe_b64encode(self._mac(b"session", content) + content).decode()

    def check(self, cookie: str, now: datetime) -> users.User | None:
        """Whose session that is; None when it is forged, over, or of a user who is gone or has another token."""
        try:
            raw = base64.b64decode(cookie.encode("ascii", "replace"), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        mac, content = raw[:KEY_BYTES], raw[KEY_BYTES:]
        if not hmac.compare_digest(mac, self._mac(b"session", content)):
            return None
        claims = json.loads(content)
        user = self.everybody.get(claims["user"])
        if user is None or datetime.fromisoformat(claims["until"]).astimezone(UTC) <= now:
            return None
        return user if hmac.compare_digest(claims["credential"], self._credential(user)) else None

    def form_proof(self, secret: str) -> str:
        """What a form must carry that was made for the browser with this form or session cookie."""
        return self._mac(b"form", secret.encode(errors="surrogatepass")).hex()

    def proves(self, secret: str, proof: str) -> bool:
        """Whether ``proof`` is that of ``secret``; never of an empty one."""
        return bool(secret) and hmac.compare_digest(self.form_proof(secret).encode(), proof.encode(errors="replace"))

    def _credential(self, user: users.User) -> str:
        return self._mac(b"credential", user.token_sha256.encode()).hex()[:16]

    def _mac(self, context: bytes, content: bytes) -> bytes:
        return hmac.new(self.key, context + b"\0" + content, hashlib.sha256).digest()
