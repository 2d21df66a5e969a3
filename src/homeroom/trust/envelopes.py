"""Reports that a hub can carry but neither read, alter nor make up, and the district's receipts for them.

A report is sealed to the district (HPKE, RFC 9180) and signed by the school. What has to be readable on the way,
its number, is bound to the sealed part twice: as HPKE ``info`` and under the signature.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import exceptions
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import x25519

from homeroom.domain import assignments, digests, errors, reports
from homeroom.trust import keys

REPORT_CONTEXT = b"homeroom report v1\0"
ACKNOWLEDGEMENT_CONTEXT = b"homeroom acknowledgement v1\0"
"""What is signed starts with its purpose, so that no signature can be passed off as one of another kind."""

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Envelope:
    """One sealed report.

    Attributes:
        key: its number; readable on the way.
        sealed: HPKE ciphertext of the rest.
        signature: of the school, over number and ciphertext.
    """

    key: reports.ReportKey
    sealed: bytes
    signature: bytes

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, byte fields in base64."""
        return {
            "key": _key_to_json(self.key),
            "sealed": base64.b64encode(self.sealed).decode(),
            "signature": base64.b64encode(self.signature).decode(),
        }


@dataclass(frozen=True, slots=True)
class SignedAck:
    """The district's receipt: what a school must hold before it deletes a report."""

    acknowledgement: reports.Acknowledgement
    signature: bytes

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, the signature in base64."""
        return {
            "acknowledgement": _acknowledgement_to_json(self.acknowledgement),
            "signature": base64.b64encode(self.signature).decode(),
        }


def parse_envelope(value: Any) -> Envelope:
    """The envelope that ``Envelope.to_json`` wrote.

    Raises:
        Refused: it is not of that form; reason ``Unreadable``.
    """
    try:
        key = value["key"]
        return Envelope(
            key=reports.ReportKey(
                site_id=assignments.SiteId(str(key["siteId"])),
                epoch=int(key["epoch"]),
                report_class=reports.ReportClass(key["class"]).value,
                seq=int(key["seq"]),
            ),
            sealed=base64.b64decode(value["sealed"], validate=True),
            signature=base64.b64decode(value["signature"], validate=True),
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise errors.Refused("Unreadable", f"the envelope is not readable: {type(exc).__name__}: {exc}") from exc


def parse_ack(value: Any) -> SignedAck:
    """The receipt that ``SignedAck.to_json`` wrote.

    Raises:
        Refused: it is not of that form; reason ``Unreadable``.
    """
    try:
        ack = value["acknowledgement"]
        return SignedAck(
            acknowledgement=reports.Acknowledgement(
                site_id=assignments.SiteId(str(ack["siteId"])),
                epoch=int(ack["epoch"]),
                report_class=reports.ReportClass(ack["class"]),
                through=int(ack["through"]),
            ),
            signature=base64.b64decode(value["signature"], validate=True),
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise errors.Refused("Unreadable", f"the receipt is not readable: {type(exc).__name__}: {exc}") from exc


def seal(
    report: reports.Report, *, signing_key: keys.SigningKey, district_seal_key_public: keys.SealPublicKey
) -> Envelope:
    """``report``, readable by the district only and signed by its school."""
    header = digests.canonical_json(_key_to_json(report.key))
    content = digests.canonical_json({"at": report.at.isoformat(), "payload": report.payload})
    sealed = _SUITE.encrypt(content, _public(district_seal_key_public), header)
    return Envelope(report.key, sealed, signing_key.sign(REPORT_CONTEXT + header + sealed))


def open_envelope(envelope: Envelope, *, site_public_key: keys.PublicKey, seal_key: keys.SealKey) -> reports.Report:
    """The report in ``envelope``.

    Raises:
        Refused: another school signed it or it was altered (``Altered``), or it was sealed to another district
            (``Foreign``), or its content is no report (``Unreadable``).
    """
    header = digests.canonical_json(_key_to_json(envelope.key))
    site_public_key.verify(REPORT_CONTEXT + header + envelope.sealed, envelope.signature)
    try:
        content = json.loads(_SUITE.decrypt(envelope.sealed, seal_key.private, header))
        return reports.Report(envelope.key, datetime.fromisoformat(content["at"]), content["payload"])
    except exceptions.InvalidTag as exc:
        raise errors.Refused("Foreign", f"report {envelope.key.seq} was not sealed to this district") from exc
    except (KeyError, TypeError, ValueError) as exc:
        raise errors.Refused("Unreadable", f"report {envelope.key.seq} holds no report: {type(exc).__name__}") from exc


def sign_ack(acknowledgement: reports.Acknowledgement, ack_key: keys.SigningKey) -> SignedAck:
    """A receipt that the school can check whoever hands it over."""
    return SignedAck(acknowledgement, ack_key.sign(_acknowledged(acknowledgement)))


def verify_ack(ack: SignedAck, ack_public_key: keys.PublicKey) -> reports.Acknowledgement:
    """What the district has applied.

    Raises:
        Refused: the district did not sign it; reason ``Altered``.
    """
    ack_public_key.verify(_acknowledged(ack.acknowledgement), ack.signature)
    return ack.acknowledgement


def _acknowledged(acknowledgement: reports.Acknowledgement) -> bytes:
    return ACKNOWLEDGEMENT_CONTEXT + digests.canonical_json(_acknowledgement_to_json(acknowledgement))


def _acknowledgement_to_json(ack: reports.Acknowledgement) -> dict[str, Any]:
    return {
        "siteId": ack.site_id,
        "epoch": ack.epoch,
        "class": ack.report_class.value,
        "through": ack.through,
    }


def _key_to_json(key: reports.ReportKey) -> dict[str, Any]:
    return {"siteId": key.site_id, "epoch": key.epoch, "class": key.report_class, "seq": key.seq}


def _public(key: keys.SealPublicKey) -> x25519.X25519PublicKey:
    return x25519.X25519PublicKey.from_public_bytes(key.raw)
