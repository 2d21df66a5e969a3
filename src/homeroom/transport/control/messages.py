"""What is said on the control channel, as JSON with camelCase names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import pydantic
from pydantic import alias_generators

from homeroom.domain import assignments, errors, reports
from homeroom.trust import bundles, envelopes

_Value = TypeVar("_Value")

PROTOCOL_VERSION = 1

MAX_ENVELOPES = 1000
"""Records in one request; a school or hub with more sends several."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One record that will never be taken, and why; its sender stops sending it and says so to a person."""

    key: reports.ReportKey
    reason: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch of records.

    Attributes:
        stored: per report class, how far the receiver holds the site's newest epoch without a hole. It only paces
            sending: nothing may be deleted because of it. Empty from the district, which gives signed ones.
        acks: the district's signed acknowledgements; only these allow a school to delete.
        refused: records that will never be taken.
    """

    stored: Mapping[str, int] = field(default_factory=dict)
    acks: tuple[envelopes.SignedAck, ...] = ()
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class HubAssignments:
    """One page of what changed for the schools of a hub.

    Attributes:
        cursor: pass it as ``after`` next time; only rises within one district database.
        bundles: newest bundle of each school that changed; empty when there is nothing newer.
    """

    cursor: int
    bundles: tuple[bundles.Bundle, ...]


class QueueFull(errors.NotReady):
    """The receiver has no room; the sender keeps its records and comes back later (HTTP 429)."""

    def __init__(self, message: str, *, retry_after: timedelta = timedelta(seconds=30)) -> None:
        super().__init__(message, retry_after=retry_after)


def _reader(kind: type[_Value], parse: Callable[[Any], _Value]) -> pydantic.PlainValidator:
    """Takes what is of ``kind`` as it is, and reads anything else."""

    def read(value: Any) -> _Value:
        if isinstance(value, kind):
            return value
        try:
            return parse(value)
        except errors.Refused as exc:  # pydantic gathers ValueErrors, and says where in the message it was
            raise ValueError(str(exc)) from exc

    return pydantic.PlainValidator(read)


WireBundle = Annotated[
    bundles.Bundle,
    _reader(bundles.Bundle, bundles.parse),
    pydantic.PlainSerializer(bundles.Bundle.to_json),
]
WireEnvelope = Annotated[
    envelopes.Envelope,
    _reader(envelopes.Envelope, envelopes.parse_envelope),
    pydantic.PlainSerializer(envelopes.Envelope.to_json),
]
WireAck = Annotated[
    envelopes.SignedAck,
    _reader(envelopes.SignedAck, envelopes.parse_ack),
    pydantic.PlainSerializer(envelopes.SignedAck.to_json),
]


class Message(pydantic.BaseModel):
    """Base of every message; fields that this version does not know are ignored."""

    model_config = pydantic.ConfigDict(
        frozen=True, populate_by_name=True, alias_generator=alias_generators.to_camel, arbitrary_types_allowed=True
    )

    protocol_version: int = PROTOCOL_VERSION


class ReportsMessage(Message):
    """Records going up; an empty list asks for acknowledgements only."""

    envelopes: tuple[WireEnvelope, ...] = pydantic.Field(max_length=MAX_ENVELOPES)


class AssignmentMessage(Message):
    """One site's newest assignment going down."""

    bundle: WireBundle


class HubAssignmentsMessage(Message):
    """Changed assignments of a hub's sites going down."""

    cursor: int = pydantic.Field(ge=0)
    bundles: tuple[WireBundle, ...]


class RefusalMessage(pydantic.BaseModel):
    """``Refusal`` on the wire."""

    model_config = Message.model_config

    site_id: str
    epoch: int
    report_class: str
    seq: int
    reason: str


class ReceiptMessage(Message):
    """``Receipt`` on the wire."""

    stored: dict[str, int] = {}
    acks: tuple[WireAck, ...] = ()
    refused: tuple[RefusalMessage, ...] = ()


def build_receipt(receipt: Receipt) -> ReceiptMessage:
    """``receipt`` as it goes over the wire."""
    return ReceiptMessage(
        stored=dict(receipt.stored),
        acks=receipt.acks,
        refused=tuple(_refusal_message(refusal) for refusal in receipt.refused),
    )


def parse_receipt(message: ReceiptMessage) -> Receipt:
    """The receipt that ``build_receipt`` made."""
    return Receipt(
        stored=message.stored,
        acks=message.acks,
        refused=tuple(
            Refusal(
                reports.ReportKey(assignments.SiteId(item.site_id), item.epoch, item.report_class, item.seq),
                item.reason,
            )
            for item in message.refused
        ),
    )


def _refusal_message(refusal: Refusal) -> RefusalMessage:
    return RefusalMessage(
        site_id=refusal.key.site_id,
        epoch=refusal.key.epoch,
        report_class=refusal.key.report_class,
        seq=refusal.key.seq,
        reason=refusal.reason,
    )


def check_protocol(theirs: Any, *, they_are: str) -> None:
    """Passes when the other side speaks our protocol version.

    Args:
        theirs: what the other side said, of whatever type.
        they_are: how to call it in the sentence, such as ``this client``.

    Raises:
        Refused: reason ``ProtocolMismatch``; the message says which side is older.
        SpecError: it is no number.
    """
    if isinstance(theirs, bool) or not isinstance(theirs, int):
        raise errors.SpecError("protocolVersion is missing or no whole number: send the one that you speak")
    if theirs != PROTOCOL_VERSION:
        raise errors.Refused("ProtocolMismatch", _mismatch(theirs, they_are))


def _mismatch(theirs: int, they_are: str) -> str:
    spoken = f"{they_are} speaks control protocol {theirs}, and this side speaks {PROTOCOL_VERSION}"
    if theirs < PROTOCOL_VERSION:
        return f"{spoken}: {they_are} is older, update it"
    return f"{spoken}: this side is older, update it"
