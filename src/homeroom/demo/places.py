"""Where everything of one demo lies, below its state directory."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """Paths below the state directory ``root``; nothing here makes them."""

    root: Path

    @property
    def trust(self) -> Path:
        """The district's keys and certificates."""
        return self.root / "trust"

    @property
    def people(self) -> Path:
        """Tokens and the users file."""
        return self.root / "people"

    @property
    def district(self) -> Path:
        """Everything of the district but its API server."""
        return self.root / "district"

    @property
    def hub(self) -> Path:
        """Everything of the hub but its API server."""
        return self.root / "hub"

    @property
    def logs(self) -> Path:
        """One log per process of ours."""
        return self.root / "logs"

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the district database."""
        return f"sqlite:///{self.district / 'district.db'}"

    @property
    def evaluations(self) -> Path:
        """The district's private store of evaluation rows."""
        return self.district / "private" / "evaluations"

    def plane(self, name: str) -> Path:
        """One control plane."""
        return self.root / "planes" / name

    def school(self, name: str) -> Path:
        """Everything of one school."""
        return self.root / "schools" / name

    def enrolment(self, name: str) -> Path:
        """What one school got when it joined."""
        return self.school(name) / "enrolment"
