"""Documents to HTML: one file that needs nothing from elsewhere and runs nothing."""

import base64
import dataclasses
import functools
import hashlib
from importlib import resources

import jinja2
from markupsafe import Markup

from homeroom.gates import documents
from homeroom.gates.monitoring.findings import Findings
from homeroom.gates.pages import reports, views, watches

STYLESHEET = "report.css"

Page = views.ReportPage | views.WatchPage


def render(report: documents.GateReport) -> bytes:
    """The page of a gate run, UTF-8; the same documents give the same bytes.

    Nothing but ``report.document``, ``report.evidence`` and ``report.policy`` is read, so it can be drawn again from what
    was stored.
    """
    return render_page(reports.build(report))


def render_watch(findings: Findings) -> bytes:
    """The page of a look at a whole district, UTF-8; the same findings give the same bytes."""
    return render_page(watches.build(findings))


def render_page(page: Page) -> bytes:
    """``page`` as HTML; a template that asks for what its view model lacks raises ``jinja2.UndefinedError``."""
    # Fields by name, not asdict: the templates keep the nested view models.
    fields = {field.name: getattr(page, field.name) for field in dataclasses.fields(page)}
    text = environment().get_template(page.template).render(fields, style=Markup(stylesheet()), allowed=policy())  # noqa: S704 - our own file
    return text.encode("utf-8")


def stylesheet() -> str:
    """The one stylesheet, which stands in the page itself."""
    return (resources.files(__package__) / "static" / STYLESHEET).read_text(encoding="utf-8")


def policy() -> str:
    """Content security policy of a page: this very stylesheet, and nothing else at all."""
    digest = base64.b64encode(hashlib.sha256(stylesheet().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


@functools.cache
def environment() -> jinja2.Environment:
    """Templates of this package; escaping is on for all of them."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("homeroom.gates.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
