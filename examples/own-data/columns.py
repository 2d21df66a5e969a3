"""What the columns of a CSV of one's own mean, as ``columns.yaml`` says."""

import pathlib
from datetime import date
from typing import Annotated, Any

import pydantic
import yaml
from pydantic.alias_generators import to_camel

from homeroom.resources import fields


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Threshold(_Part):
    """From which score on support is offered, and how far a school may move that."""

    default: float = pydantic.Field(gt=0, lt=1)
    minimum: float = pydantic.Field(gt=0, lt=1)
    maximum: float = pydantic.Field(gt=0, lt=1)

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> "Threshold":
        if not self.minimum <= self.default <= self.maximum:
            raise ValueError("write minimum, default and maximum so that they rise")
        return self


class Outcome(_Part):
    """What is to be found out.

    Attributes:
        column: which tells it.
        needed: values in it of pupils who turned out to need what is offered.
    """

    column: str
    needed: Annotated[tuple[str, ...], pydantic.Field(min_length=1)]


class Period(_Part):
    """The term or school year of a row: its column, and the first day that each value in it stands for."""

    column: str
    first_days: dict[str, date]


class Card(_Part):
    """Three sentences of the model card that nobody else can write."""

    use: str
    never: str
    weak: str


class Columns(_Part):
    """The whole description; the comments of ``columns.yaml`` say what each line means."""

    name: fields.ModelName
    purpose: fields.Purpose
    band: fields.Band
    offer_days: int = pydantic.Field(ge=1, le=366)
    threshold: Threshold
    school: str
    year_group: str
    person: str
    period: Period | None = None
    outcome: Outcome
    numbers: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    groups: Annotated[tuple[str, ...], pydantic.Field(min_length=1)]
    missing: tuple[str, ...] = ()
    card: Card

    def all(self) -> tuple[str, ...]:
        """Every column that the CSV needs."""
        period = () if self.period is None else (self.period.column,)
        known = (self.school, self.year_group, self.person, self.outcome.column)
        return (*known, *period, *self.numbers, *self.choices, *self.groups)

    @pydantic.model_validator(mode="after")
    def _apart(self) -> "Columns":
        inputs = {*self.numbers, *self.choices}
        kept = {*self.groups, self.outcome.column, self.school, self.person}
        if not inputs:
            raise ValueError("name at least one column in numbers or choices: a model needs some input")
        if inputs & kept:
            raise ValueError(
                f"a model must not read {', '.join(sorted(inputs & kept))}: take it out of numbers and choices"
            )
        return self


def read(path: pathlib.Path) -> Columns:
    """The description in a YAML file.

    Raises:
        SystemExit: it cannot be read or something in it does not fit; the text says what to change.
    """
    try:
        value: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Columns.model_validate(value)
    except (OSError, UnicodeDecodeError) as exc:
        raise SystemExit(f"{path}: cannot be read: {exc}") from exc
    except yaml.YAMLError as exc:
        raise SystemExit(f"{path}: is no YAML: {exc}") from exc
    except pydantic.ValidationError as exc:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'columns'}: {fault['msg']}" for fault in exc.errors())
        raise SystemExit(f"{path}: {faults}") from exc
