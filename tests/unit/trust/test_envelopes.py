"""A hub can carry reports; it can neither read, alter nor make them up."""

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from homeroom.domain import assignments, errors, reports
from homeroom.trust import district, enrolment, envelopes, keys

AT = datetime(2027, 3, 1, 9, 30, tzinfo=UTC)


def a_report(site_id: assignments.SiteId, seq: int = 1) -> reports.Report:
    key = reports.ReportKey(site_id, 1, "status", seq)
    return reports.Report(key, AT, {"serving": [], "agentVersion": "0.1.0"})


@pytest.fixture
def sealed(enrolled: enrolment.Enrolment) -> envelopes.Envelope:
    return envelopes.seal(
        a_report(enrolled.site_id), signing_key=enrolled.signing_key, district_seal_key_public=enrolled.seal_key
    )


def opened(envelope: envelopes.Envelope, enrolled: enrolment.Enrolment, trust: district.DistrictTrust) -> Any:
    return envelopes.open_envelope(envelope, site_public_key=enrolled.signing_key.public, seal_key=trust.seal_key)


def test_the_district_reads_what_the_school_wrote(sealed: Any, enrolled: Any, trust: Any) -> None:
    back = envelopes.parse_envelope(json.loads(json.dumps(sealed.to_json())))
    assert opened(back, enrolled, trust) == a_report(enrolled.site_id)


def test_nothing_of_the_content_is_readable_on_the_way(sealed: Any) -> None:
    assert b"agentVersion" not in json.dumps(sealed.to_json()).encode() + sealed.sealed


@pytest.mark.parametrize("change", [{"epoch": 2}, {"seq": 2}, {"report_class": "audit"}, {"site_id": "another"}])
def test_a_report_under_another_number_is_altered(
    sealed: Any, enrolled: Any, trust: Any, change: dict[str, Any]
) -> None:
    moved = dataclasses.replace(sealed, key=dataclasses.replace(sealed.key, **change))
    with pytest.raises(errors.Refused) as caught:
        opened(moved, enrolled, trust)
    assert caught.value.reason == "Altered"


def test_every_flipped_byte_is_noticed(sealed: Any, enrolled: Any, trust: Any) -> None:
    for position in range(0, len(sealed.sealed), 7):
        content = bytearray(sealed.sealed)
        content[position] ^= 1
        with pytest.raises(errors.Refused):
            opened(dataclasses.replace(sealed, sealed=bytes(content)), enrolled, trust)


def test_a_hub_that_signs_itself_is_refused(enrolled: Any, trust: Any, tmp_path: Path) -> None:
    hub = keys.SigningKey.create(tmp_path / "hub.key")
    forged = envelopes.seal(a_report(enrolled.site_id), signing_key=hub, district_seal_key_public=enrolled.seal_key)
    with pytest.raises(errors.Refused) as caught:
        opened(forged, enrolled, trust)
    assert caught.value.reason == "Altered"


def test_a_report_sealed_to_another_district_is_foreign(enrolled: Any, trust: Any, tmp_path: Path) -> None:
    other = keys.SealKey.create(tmp_path / "seal.key")
    envelope = envelopes.seal(
        a_report(enrolled.site_id), signing_key=enrolled.signing_key, district_seal_key_public=other.public
    )
    with pytest.raises(errors.Refused) as caught:
        opened(envelope, enrolled, trust)
    assert caught.value.reason == "Foreign"


def test_a_receipt_reads_back_and_verifies(enrolled: Any, trust: Any) -> None:
    ack = reports.Acknowledgement(enrolled.site_id, 1, reports.ReportClass.AUDIT, 41)
    signed = envelopes.parse_ack(json.loads(json.dumps(envelopes.sign_ack(ack, trust.ack_key).to_json())))
    assert envelopes.verify_ack(signed, enrolled.ack_key) == ack


def test_a_receipt_for_more_than_was_signed_is_refused(enrolled: Any, trust: Any) -> None:
    """Else a hub could make a school delete what the district never saw."""
    ack = reports.Acknowledgement(enrolled.site_id, 1, reports.ReportClass.AUDIT, 41)
    signed = envelopes.sign_ack(ack, trust.ack_key)
    more = dataclasses.replace(signed, acknowledgement=dataclasses.replace(ack, through=42))
    with pytest.raises(errors.Refused):
        envelopes.verify_ack(more, enrolled.ack_key)


def test_a_reports_signature_is_no_receipt(enrolled: Any, trust: Any) -> None:
    """Signatures are bound to their purpose even if one key were used for both."""
    ack = reports.Acknowledgement(enrolled.site_id, 1, reports.ReportClass.AUDIT, 41)
    body = envelopes.sign_ack(ack, trust.ack_key)
    bare = trust.ack_key.sign(envelopes._acknowledged(ack).removeprefix(envelopes.ACKNOWLEDGEMENT_CONTEXT))
    with pytest.raises(errors.Refused):
        envelopes.verify_ack(dataclasses.replace(body, signature=bare), enrolled.ack_key)


@pytest.mark.parametrize(
    "value", [None, {}, [], {"key": {}}, {"key": {"siteId": 1, "epoch": 1, "class": "x", "seq": 1}}]
)
def test_an_envelope_of_another_form_is_unreadable(value: Any) -> None:
    with pytest.raises(errors.Refused) as caught:
        envelopes.parse_envelope(value)
    assert caught.value.reason == "Unreadable"
