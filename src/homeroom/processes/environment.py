"""Reading of the environment: once, every bad variable named together."""

from typing import TypeVar

import pydantic
import pydantic_settings

from homeroom.domain import errors

_Settings = TypeVar("_Settings", bound=pydantic_settings.BaseSettings)


def load(kind: type[_Settings]) -> _Settings:
    """The settings of one process.

    Raises:
        SpecError: variables are missing or wrong; the text names all of them.
    """
    try:
        return kind()
    except pydantic.ValidationError as exc:
        prefix = str(kind.model_config.get("env_prefix", ""))
        lines = [_line(prefix, error["loc"], error["msg"]) for error in exc.errors()]
        raise errors.SpecError("settings are missing or wrong:\n" + "\n".join(lines)) from exc
    except pydantic_settings.SettingsError as exc:  # a list or object that is no JSON; it names the field
        raise errors.SpecError(f"settings are missing or wrong:\n{exc}") from exc


def _line(prefix: str, place: tuple[int | str, ...], message: str) -> str:
    # A rule about several variables has no place of its own: its text names them.
    return f"{prefix}{'_'.join(map(str, place)).upper()}: {message}" if place else message
