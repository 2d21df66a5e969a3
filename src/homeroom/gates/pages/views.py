"""The view model of each page: what its template may use, and nothing else."""

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from homeroom.gates.pages.marks import Mark


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing and what it is.

    Attributes:
        label: what.
        value: in words or numbers.
        origin: where it comes from; empty when that needs no saying.
    """

    label: str
    value: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do next.

    Attributes:
        what: the action.
        consequence: what follows from it, or from leaving it.
    """

    what: str
    consequence: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        subject: what was judged.
        sentence: what it means.
        facts: number, range, limit and so on; empty where no number is shown.
        action: what to do next; may be empty.
    """

    subject: str
    sentence: str
    facts: tuple[Fact, ...]
    action: str


@dataclass(frozen=True, slots=True)
class Group:
    """Findings with the same outcome.

    Attributes:
        mark: the outcome.
        count: how many, in words.
        findings: in the order of the report.
        folded: whether the page shows them only when asked; print shows them always.
        more: how many further ones are only in the stored file, in words; empty for none.
    """

    mark: Mark
    count: str
    findings: tuple[Finding, ...]
    folded: bool
    more: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: what it shows.
        number: whether it is a number, set to the right.
        hidden: what a dash stands for, read aloud; empty where something is shown.
    """

    text: str
    number: bool
    hidden: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """One picture.

    Attributes:
        name: whom it is about; empty when the table's caption says it.
        svg: the drawing, escaped.
    """

    name: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class Plate:
    """A table and, where one can be drawn, its picture.

    Attributes:
        identity: of its place in the page.
        caption: what it shows.
        reading: how to read the picture; empty where there is none.
        drawings: one, or one for each group; empty where none can be drawn.
        columns: headings.
        rows: cells.
        note: what a dash means; empty where nothing is hidden.
        folded: how many rows are folded away under a picture, in words; empty where the table is simply there.
    """

    identity: str
    caption: str
    reading: str
    drawings: tuple[Drawing, ...]
    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str
    folded: str


@dataclass(frozen=True, slots=True)
class Section:
    """One question and its answer.

    Attributes:
        identity: of its place in the page.
        question: what is asked.
        lead: how it is looked at.
        mark: the answer.
        counts: how many findings of which outcome, in words.
        groups: findings by outcome, what does not hold first.
        plates: tables and pictures.
    """

    identity: str
    question: str
    lead: str
    mark: Mark
    counts: str
    groups: tuple[Group, ...]
    plates: tuple[Plate, ...]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """May this model go to schools?

    Attributes:
        title: of the window.
        question: what the page answers.
        headline: the answer, in one sentence.
        mark: the outcome.
        explanation: the sentence of the finding that decides; empty when nothing was judged.
        measured: its number, range and limit.
        others: how many further findings there are of the same kind, in words; empty for none.
        about: what was judged: model, purpose, year groups, day.
        steps: what to do next, at most three.
        sections: one for each question.
        limits: what is allowed, and what set it.
        digests: fingerprints of everything that belongs together.
        verify: the command that checks them.
        glossary: words and what they mean.
    """

    template: ClassVar[str] = "report.html"

    title: str
    question: str
    headline: str
    mark: Mark
    explanation: str
    measured: tuple[Fact, ...]
    others: str
    about: tuple[Fact, ...]
    steps: tuple[Step, ...]
    sections: tuple[Section, ...]
    limits: tuple[Fact, ...]
    digests: tuple[Fact, ...]
    verify: str
    glossary: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WatchPage:
    """Has anything changed?

    Attributes:
        title: of the window.
        question: what the page answers.
        headline: the answer, in one sentence.
        mark: the outcome.
        about: what was looked at: day, how many reports of schools.
        steps: what to do next, at most three.
        regions: advice for every region.
        sections: findings, from the whole district to single schools.
        digests: fingerprints of what was read and of what was found.
        glossary: words and what they mean.
    """

    template: ClassVar[str] = "watch.html"

    title: str
    question: str
    headline: str
    mark: Mark
    about: tuple[Fact, ...]
    steps: tuple[Step, ...]
    regions: tuple[Fact, ...]
    sections: tuple[Section, ...]
    digests: tuple[Fact, ...]
    glossary: tuple[tuple[str, str], ...]
