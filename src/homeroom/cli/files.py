"""Files and days that people name on a command line: one sentence says what is wrong with them."""

from datetime import UTC, date, datetime
from pathlib import Path

from homeroom.domain import errors, schoolyears


def read_calendar(path: Path) -> schoolyears.SchoolYears:
    """The school years in the manifest of an AcademicCalendar, YAML or JSON.

    Raises:
        SpecError: it cannot be read, or holds none.
    """
    import yaml  # noqa: PLC0415 - a school box has none

    from homeroom.calendars import frames  # noqa: PLC0415 - nor calendar packages
    from homeroom.resources import academiccalendars  # noqa: PLC0415

    try:
        body = yaml.safe_load(frames.read_file(path))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as exc:
        raise errors.SpecError(f"{path} is neither YAML nor JSON: {str(exc).partition(chr(10))[0]:.300}") from exc
    if not isinstance(body, dict):
        raise errors.SpecError(f"{path} holds no AcademicCalendar")
    return academiccalendars.parse(body).to_domain()


def write(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Writes a file, and the directories above it; ``mode`` is that of a new file, before the umask.

    Raises:
        SpecError: it cannot be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode)
        path.write_bytes(content)
    except OSError as exc:
        raise errors.SpecError(f"cannot write {path}: {exc.strerror}") from exc


def parse_day(text: str | None) -> date:
    """A day, such as 2026-11-02; today in UTC where none is given.

    Raises:
        SpecError: it is none.
    """
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise errors.SpecError(f"{text[:40]!r} is no day: write it like 2026-11-02") from exc
