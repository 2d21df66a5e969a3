"""Gate reports as other tools read them: JUnit XML, SARIF, Markdown, JSON.

Lives here: one writer for each form, a plain function of the report.
Does not: rules; nothing is judged here, and nothing is shown that the report does not hold.
Whatever stands in the report - names of groups come from outside - is text to every form, never markup.
"""

from homeroom.gates.formats.markdown import to_markdown
from homeroom.gates.formats.plain import to_json
from homeroom.gates.formats.sarif import to_sarif
from homeroom.gates.formats.xunit import to_junit

__all__ = ["to_json", "to_junit", "to_markdown", "to_sarif"]
