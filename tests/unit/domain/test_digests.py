"""Digests and the canonical JSON that they are taken over."""

import pytest

from homeroom.domain import digests, errors


def test_canonical_json_is_the_same_for_every_order_of_keys() -> None:
    """Two parties that build the same document sign the same bytes."""
    assert digests.canonical_json({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()
    assert digests.of_json({"b": 1, "a": 2}) == digests.of_json({"a": 2, "b": 1})


@pytest.mark.parametrize("number", [float("nan"), float("inf")], ids=["nan", "infinity"])
def test_canonical_json_refuses_numbers_that_json_has_no_form_for(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        digests.canonical_json({"a": number})


@pytest.mark.parametrize(
    "text",
    ["", "sha256:", "sha256:" + "g" * 64, "sha256:" + "A" * 64, "sha512:" + "a" * 64, "sha256:" + "a" * 65],
    ids=["empty", "no-digits", "not-hexadecimal", "upper-case", "other-algorithm", "too-long"],
)
def test_what_is_no_digest_is_refused_with_the_form_to_write(text: str) -> None:
    with pytest.raises(errors.SpecError, match="write sha256: and 64 lower-case"):
        digests.parse(text)


def test_a_digest_reads_back() -> None:
    digest = digests.of_bytes(b"")
    assert digests.parse(digest) == digest
    assert digests.short(digest) == "e3b0c44298fc"
