"""Takes the README's picture of the status page from a running demo, with headless Chromium."""

import http.cookiejar
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

STATE = pathlib.Path("~/.local/state/homeroom/demo").expanduser()
TARGET = pathlib.Path("docs/images/status.png")
SIZE = "1200,1400"


def log_in(context: dict[str, object]) -> str:
    """The status page's HTML, as the viewer sees it, with its style sheet inlined for a file URL."""
    server = str(context["server"])
    token = pathlib.Path(str(context["tokens"]["viewer"])).read_text().strip()  # type: ignore[index]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    form = opener.open(f"{server}/login").read().decode()
    fields = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', form))
    fields["token"] = token
    opener.open(f"{server}/login", urllib.parse.urlencode(fields).encode())
    page = opener.open(f"{server}/").read().decode()
    sheet = re.search(r'<link[^>]+href="([^"]+\.css[^"]*)"[^>]*>', page)
    if sheet is None:
        sys.exit("the status page has no style sheet: did the login work?")
    css = opener.open(server + sheet.group(1)).read().decode()
    return page.replace(sheet.group(0), f"<style>{css}</style>")


def main() -> None:
    """Write the picture."""
    state = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else STATE
    page = log_in(json.loads((state / "context.json").read_text()))
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory) / "status.html"
        file.write_text(page)
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [
                *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
                *("--disable-sync", "--disable-quic", f"--user-data-dir={directory}/profile"),
                *(f"--window-size={SIZE}", f"--screenshot={TARGET.absolute()}", file.as_uri()),
            ],
            check=True,
            timeout=120,
        )
    print(TARGET)


if __name__ == "__main__":
    main()
