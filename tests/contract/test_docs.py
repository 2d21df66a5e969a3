"""What the documentation says is there, is there."""

import re
from pathlib import Path

import pytest

from homeroom.cli import reference

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/README.md")])
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    missing = [
        target
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("path", reference.files())
def test_reference_pages_are_what_the_code_gives(path: str) -> None:
    """`make generate` writes them."""
    assert (ROOT / path).read_text(encoding="utf-8") == reference.files()[path]


def test_every_setting_says_what_it_means() -> None:
    """A setting without a description would be an empty cell."""
    silent = [
        f"{command}: {name}"
        for command, settings in reference.SETTINGS
        for name, field in settings.model_fields.items()
        if not field.description
    ]
    assert silent == []


def test_requirements_name_no_address() -> None:
    """They install from whichever index a machine is set up for."""
    for file in (ROOT / "requirements").glob("*.txt"):
        assert not re.search(r"https?://|--index|--find-links", file.read_text()), file
