"""JUnit XML, as CI systems show it: one test case for each finding, and green only what has passed.

Form: https://github.com/testmoapp/junitxml, the common ground of what CI systems read.
"""

import itertools
from xml.etree import ElementTree as ET

from homeroom.domain.verdicts import Outcome, Verdict
from homeroom.gates import documents
from homeroom.gates.formats import wording


def to_junit(report: documents.GateReport) -> bytes:
    """The report as XML, UTF-8; a finding that lacks evidence is a failure of its own type, one that limits nothing skipped."""
    root = ET.Element("testsuites", _counts(report.verdicts, "homeroom gates"))
    for gate, found in itertools.groupby(sorted(report.verdicts, key=lambda v: v.gate), key=lambda v: v.gate):
        group = tuple(found)
        suite = ET.SubElement(root, "testsuite", _counts(group, wording.plain(gate)))
        properties = ET.SubElement(suite, "properties")
        for name, value in (("release", report.document["release"]), ("report", report.digest)):
            ET.SubElement(properties, "property", name=name, value=str(value))
        for verdict in group:
            _add_case(suite, verdict)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add_case(suite: ET.Element, verdict: Verdict) -> None:
    name = wording.plain(verdict.subject if verdict.band is None else f"{verdict.subject} [{verdict.band}]")
    case = ET.SubElement(suite, "testcase", classname=f"homeroom.{wording.check(verdict)}", name=name)
    sentence, action = wording.plain(verdict.sentence), wording.plain(verdict.action)
    if verdict.outcome in (Outcome.FAIL, Outcome.NOT_ENOUGH_EVIDENCE):
        failure = ET.SubElement(case, "failure", type=verdict.outcome.value, message=sentence)
        failure.text = "\n".join(part for part in (sentence, wording.numbers(verdict), action) if part)
    elif verdict.outcome is Outcome.NOT_APPLICABLE:
        ET.SubElement(case, "skipped", message=sentence)
    ET.SubElement(case, "system-out").text = "\n".join(part for part in (sentence, wording.numbers(verdict)) if part)


def _counts(found: tuple[Verdict, ...], name: str) -> dict[str, str]:
    failing = (Outcome.FAIL, Outcome.NOT_ENOUGH_EVIDENCE)
    return {
        "name": name,
        "tests": str(len(found)),
        "failures": str(sum(verdict.outcome in failing for verdict in found)),
        "errors": "0",
        "skipped": str(sum(verdict.outcome is Outcome.NOT_APPLICABLE for verdict in found)),
    }
