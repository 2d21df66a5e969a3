"""A real browser for the tests here; where there is none they are skipped, counted and the reason is printed."""

import os
import pathlib
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
Open = Callable[..., Any]


@pytest.fixture(scope="session")
def drawn() -> pathlib.Path:
    """Where ``tests.browser.draw`` wrote the pages."""
    return pathlib.Path(os.environ["BROWSER_PAGES"]).resolve()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running browser without a window."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no browser on this machine: install one of {', '.join(BROWSERS)}")
    from playwright import sync_api  # noqa: PLC0415 - only this venv has it

    with sync_api.sync_playwright() as playwright:
        # Root in a container has no sandbox of its own to give; the pages are ours.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any, drawn: pathlib.Path) -> Iterator[Open]:
    """Opens one of the pages; ``page.asked`` lists what it fetched and ``page.said`` what the browser complained about."""
    contexts = []

    def _visit(name: str, *, width: int = 1280, scheme: str = "light", **options: Any) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: (page.said.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.goto((drawn / f"{name}.html").as_uri())
        return page

    yield _visit
    for context in contexts:
        context.close()
