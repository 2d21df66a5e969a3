"""The district's own keys, in one directory: who may sign assignments, who may open reports."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from homeroom.trust import authority, director, keys

AUTHORITY_NAME = "Homeroom district"


@dataclass(frozen=True, slots=True)
class DistrictTrust:
    """What only the district holds.

    Attributes:
        authority: issues the certificates of servers and schools.
        director: signs assignments.
        ack_key: signs receipts for reports.
        seal_key: opens reports.
    """

    authority: authority.CertificateAuthority
    director: director.DirectorKeys
    ack_key: keys.SigningKey
    seal_key: keys.SealKey

    @classmethod
    def create(cls, directory: Path) -> Self:
        """Make every key that is needed and keep them in ``directory``.

        An authority that is already there is used: the API server needs one before anybody asks for the rest.

        Raises:
            SpecError: there are keys already.
        """
        return cls(
            authority=authority.CertificateAuthority.ensure(directory, AUTHORITY_NAME),
            director=director.DirectorKeys.create(directory / "director"),
            ack_key=keys.SigningKey.create(directory / "ack.key"),
            seal_key=keys.SealKey.create(directory / "seal.key"),
        )

    @classmethod
    def load(cls, directory: Path) -> Self:
        """The keys that ``create`` kept in ``directory``.

        Raises:
            SpecError: one of them is missing or unreadable.
        """
        return cls(
            authority=authority.CertificateAuthority.load(directory),
            director=director.DirectorKeys.load(directory / "director"),
            ack_key=keys.SigningKey.load(directory / "ack.key"),
            seal_key=keys.SealKey.load(directory / "seal.key"),
        )
