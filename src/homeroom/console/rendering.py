"""View models to HTML."""

import dataclasses
import functools
import hashlib
from importlib import resources
from typing import Final

import jinja2

from homeroom.console import pages

STYLESHEET: Final = "console.css"

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No script at all, no inline style, nothing from elsewhere, no framing."""


def render(page: pages.Page) -> str:
    """``page`` as HTML; a template that asks for what its view model lacks raises ``jinja2.UndefinedError``."""
    # Fields by name, not asdict: the templates keep the nested view models.
    fields = {field.name: getattr(page, field.name) for field in dataclasses.fields(page)}
    return environment().get_template(page.template).render(fields, stylesheet=f"{STYLESHEET}?{_version()}")


def stylesheet() -> bytes:
    """The one stylesheet."""
    return (resources.files(__package__) / "static" / STYLESHEET).read_bytes()


@functools.cache
def environment() -> jinja2.Environment:
    """Templates of this package, and the shapes of marks that the pages of gate runs have too; escaping is on for all of them."""
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [jinja2.PackageLoader("homeroom.console"), jinja2.PackageLoader("homeroom.gates.pages")]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@functools.cache
def _version() -> str:
    """Part of the stylesheet's address, so that browsers may keep it and still see a new one at once."""
    return hashlib.sha256(stylesheet()).hexdigest()[:8]
