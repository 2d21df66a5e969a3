"""Where the district is and who is asking: options first, then the demo's context file."""

from dataclasses import dataclass
from pathlib import Path

import typer

from homeroom.client import districts
from homeroom.demo import contexts as demo_contexts
from homeroom.domain import errors

DEFAULT_STATE = Path("~/.local/state/homeroom/demo").expanduser()


@dataclass(frozen=True, slots=True)
class Connection:
    """The options that come before the command.

    Attributes:
        state: state directory of the demo.
        server: district API; None for the demo's.
        token_file: file with the token; None for the demo's.
        person: whose token of the demo; None for the one that the command is usually run by.
    """

    state: Path
    server: str | None
    token_file: Path | None
    person: str | None

    def demo(self) -> demo_contexts.DemoContext:
        """What the demo wrote about itself.

        Raises:
            SpecError: none has run with that state directory.
        """
        return demo_contexts.read(self.state)

    def connect(self, usual_person: str) -> districts.DistrictClient:
        """A client for the district that was named, or for the demo's.

        Raises:
            SpecError: neither is there, or the token file cannot be read.
        """
        token = self.token(usual_person)
        return districts.DistrictClient(self.server or self.demo().server, token)

    def token(self, usual_person: str) -> str:
        """The token from the file that was named, or that of a person of the demo.

        Raises:
            SpecError: there is no such person, or the file cannot be read.
        """
        token_file = self.token_file or self._demo_token(self.person or usual_person)
        try:
            return token_file.read_text().strip()
        except OSError as exc:
            raise errors.SpecError(f"cannot read the token in {token_file}: {exc.strerror}") from exc

    def _demo_token(self, person: str) -> Path:
        tokens = self.demo().tokens
        if person not in tokens:
            raise errors.SpecError(f"the demo knows no {person!r}: choose one of {', '.join(sorted(tokens))}")
        return Path(tokens[person])


def of(context: typer.Context) -> Connection:
    """The options that came before the command."""
    found = context.find_object(Connection)
    if found is None:
        raise errors.Defect("the command line started without its options")
    return found
