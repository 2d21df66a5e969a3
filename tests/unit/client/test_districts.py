"""The REST client turns what the district says into our errors."""

from collections.abc import Iterator

import httpx
import pytest

from homeroom.client import districts
from homeroom.domain import errors


@pytest.fixture
def client() -> Iterator[districts.DistrictClient]:
    with districts.DistrictClient("http://127.0.0.1:1", "secret-token") as made:
        yield made


def answering(client: districts.DistrictClient, status: int, body: object) -> None:
    client._http = httpx.Client(
        base_url="http://district.test/api/v1",
        transport=httpx.MockTransport(lambda _request: httpx.Response(status, json=body)),
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.Refused),
        (403, errors.Refused),
        (404, errors.SpecError),
        (409, errors.SpecError),
        (422, errors.SpecError),
        (500, errors.Unavailable),
        (503, errors.Unavailable),
    ],
    ids=str,
)
def test_a_refusal_becomes_the_error_of_who_must_act(
    client: districts.DistrictClient, status: int, kind: type[errors.HomeroomError]
) -> None:
    """The problem's detail is what the person reads."""
    answering(client, status, {"title": "No", "detail": "write it otherwise"})
    with pytest.raises(kind, match="write it otherwise"):
        client.status()


def test_a_district_that_is_not_there_is_unavailable(client: districts.DistrictClient) -> None:
    """Nothing listens on port 1."""
    with pytest.raises(errors.Unavailable, match="is it running"):
        client.status()


def test_an_error_never_shows_the_token(client: districts.DistrictClient) -> None:
    with pytest.raises(errors.Unavailable) as caught:
        client.status()
    assert "secret-token" not in str(caught.value)
