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
        prefix = kind.model_config.get("env_prefix", "")
        lines = [f"{prefix}{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in exc.errors()]
        raise errors.SpecError("settings are missing or wrong:\n" + "\n".join(lines)) from exc
