"""Draws the pages that the browser looks at: ``python -m tests.browser.draw DIRECTORY``."""

import pathlib
import sys

from tests.unit.district.app import worlds
from tests.unit.gates.pages import pagecases, watchcases

from homeroom.console import rendering as console
from homeroom.district.app import views
from homeroom.gates.pages import rendering

REPORTS = {
    "report": pagecases.a_report(),
    "hostile": pagecases.a_hostile_report(),
    "large": pagecases.a_large_report(),
    "bare": pagecases.a_report((), ()),
}

WATCHES = {"watch": watchcases.some_findings(), "watch-hostile": watchcases.hostile_findings()}


def main(directory: pathlib.Path) -> None:
    """Writes every page as ``NAME.html``."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, report in REPORTS.items():
        (directory / f"{name}.html").write_bytes(rendering.render(report))
    for name, findings in WATCHES.items():
        (directory / f"{name}.html").write_bytes(rendering.render_watch(findings))
    status = views.build_status_page(
        worlds.a_document(), user="vera", form_proof="proof", refresh_seconds=10, refreshing=False
    )
    (directory / "status.html").write_text(console.render(status).replace("/static/", ""), encoding="utf-8")
    (directory / console.STYLESHEET).write_bytes(console.stylesheet())


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
