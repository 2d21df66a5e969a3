"""A school's identity is written once and read back whole, or named as broken."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from homeroom.domain import assignments, errors
from homeroom.trust import district, enrolment, keys

SITE = "6f1c2a54-0d5e-4d38-9b0e-2f0d5f6f7a01"


def test_an_enrolment_reads_back(enrolled: enrolment.Enrolment, trust: district.DistrictTrust) -> None:
    again = enrolment.load(enrolled.directory)
    assert (again.site_id, again.epoch, again.name, again.bands) == (SITE, 1, "school-1", ("K-2",))
    assert again.root == trust.director.root
    assert again.ack_key == trust.ack_key.public
    assert again.seal_key == trust.seal_key.public
    assert again.signing_key.public == enrolled.signing_key.public


def test_the_certificate_carries_the_sites_identity(enrolled: enrolment.Enrolment) -> None:
    certificate = x509.load_pem_x509_certificate(enrolled.tls.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"homeroom://site/{SITE}"]


@pytest.mark.parametrize("name", ["kek", "site.key", "tls.key"])
def test_secrets_are_readable_by_their_owner_only(enrolled: enrolment.Enrolment, name: str) -> None:
    assert stat.S_IMODE((enrolled.directory / name).stat().st_mode) == 0o600


def test_an_enrolment_is_not_written_over(enrolled: enrolment.Enrolment, trust: district.DistrictTrust) -> None:
    with pytest.raises(errors.SpecError, match="already holds an enrolment"):
        enrolment.write_enrolment(
            enrolled.directory, trust=trust, site_id=SITE, epoch=2, name="x", bands=(), endpoints=()
        )


@pytest.mark.parametrize("name", ["enrolment.json", "root.json", "site.key", "kek"])
def test_a_missing_file_is_named(enrolled: enrolment.Enrolment, name: str) -> None:
    (enrolled.directory / name).unlink()
    with pytest.raises(errors.SpecError, match=name.replace(".", r"\.")):
        enrolment.load(enrolled.directory)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("siteId", "school-1", "write a UUID"),
        ("sealKey", "AAAA", "must have 32"),
        ("ackKey", "%%%", "not base64"),
        ("endpoints", [{"name": "hub"}], "no readable enrolment"),
    ],
)
def test_a_broken_field_says_what_is_wrong(enrolled: enrolment.Enrolment, field: str, value: Any, words: str) -> None:
    path = enrolled.directory / "enrolment.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    with pytest.raises(errors.SpecError, match=words):
        enrolment.load(enrolled.directory)


def test_a_short_kek_is_refused(enrolled: enrolment.Enrolment) -> None:
    (enrolled.directory / "kek").write_bytes(b"short")
    with pytest.raises(errors.SpecError, match="must have 32"):
        enrolment.load(enrolled.directory)


def test_district_trust_loads_what_it_created(tmp_path: Path) -> None:
    made = district.DistrictTrust.create(tmp_path)
    loaded = district.DistrictTrust.load(tmp_path)
    assert loaded.ack_key.public == made.ack_key.public
    assert loaded.seal_key.public == made.seal_key.public
    assert loaded.director.root == made.director.root
    with pytest.raises(errors.SpecError, match="already holds a key"):
        district.DistrictTrust.create(tmp_path)


def test_a_key_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    keys.SealKey.create(tmp_path / "seal.key")
    with pytest.raises(errors.SpecError, match="no Ed25519 key"):
        keys.SigningKey.load(tmp_path / "seal.key")


def test_endpoints_keep_their_order(trust: district.DistrictTrust, tmp_path: Path) -> None:
    points = tuple(assignments.Endpoint(name, f"https://{name}", f"https://{name}/b") for name in ("hub", "district"))
    made = enrolment.write_enrolment(
        tmp_path / "s", trust=trust, site_id=SITE, epoch=1, name="s", bands=("K-2",), endpoints=points
    )
    assert made.endpoints == points
