"""A process that cannot start says everything that is wrong at once."""

import subprocess
import sys

import pydantic
import pydantic_settings
import pytest

from homeroom.domain import errors
from homeroom.processes import environment


class Settings(pydantic_settings.BaseSettings):
    model_config = pydantic_settings.SettingsConfigDict(env_prefix="HOMEROOM_TEST_")

    port: int = pydantic.Field(ge=1)
    place: str
    names: tuple[str, ...] = ()
    pause_seconds: float = 1

    @pydantic.model_validator(mode="after")
    def _name_is_not_place(self) -> "Settings":
        if self.place in self.names:
            raise ValueError("PLACE is no name")
        return self


@pytest.fixture(autouse=True)
def _complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEROOM_TEST_PORT", "80")
    monkeypatch.setenv("HOMEROOM_TEST_PLACE", "here")


def refusal() -> str:
    with pytest.raises(errors.SpecError) as caught:
        environment.load(Settings)
    return str(caught.value)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEROOM_TEST_NAMES", '["a", "b"]')
    values = environment.load(Settings)
    assert (values.port, values.place, values.names, values.pause_seconds) == (80, "here", ("a", "b"), 1)


def test_every_bad_variable_is_named_as_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEROOM_TEST_PORT", "0")
    monkeypatch.delenv("HOMEROOM_TEST_PLACE")
    monkeypatch.setenv("HOMEROOM_TEST_PAUSE_SECONDS", "soon")
    text = refusal()
    for name in ("PORT", "PLACE", "PAUSE_SECONDS"):
        assert f"HOMEROOM_TEST_{name}: " in text


def test_a_rule_about_several_variables_is_told_without_an_empty_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEROOM_TEST_NAMES", '["here"]')
    text = refusal()
    assert "PLACE is no name" in text
    assert "HOMEROOM_TEST_:" not in text


def test_a_list_that_is_no_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEROOM_TEST_NAMES", "a, b")
    assert "names" in refusal()


def test_reading_settings_loads_nothing_heavy() -> None:
    """The smallest process of a school imports this."""
    code = (
        "import sys, homeroom.processes.environment\n"
        "print(sorted({'kopf', 'kubernetes', 'fastapi', 'numpy', 'onnxruntime', 'httpx', 'aiohttp'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"
