"""``python -m homeroom``: the command line without a script on PATH."""

from homeroom.cli import app

app()
