"""One view model per page: what its template may use, and nothing else."""

from dataclasses import dataclass
from typing import ClassVar

from homeroom.console import words
from homeroom.gates.pages import marks

Mark = marks.Mark


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time.

    Attributes:
        machine: RFC 3339, for the ``datetime`` attribute.
        exact: for people, with zone.
        relative: for people, such as ``3 minutes ago``.
    """

    machine: str
    exact: str
    relative: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One number at the top.

    Attributes:
        label: what is counted.
        value: how many.
        sentence: what it means.
        tone: whether somebody should look.
    """

    label: str
    value: int
    sentence: str
    tone: words.Tone


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a release.

    Attributes:
        name: the fact when done.
        state: done, waiting or stopped.
        message: why, when it is not done; may be empty.
    """

    name: str
    state: Mark
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        check: which check, in plain words.
        subject: what was judged.
        outcome: in plain words.
        sentence: what it means.
    """

    check: str
    subject: str
    outcome: Mark
    sentence: str


@dataclass(frozen=True, slots=True)
class ReleaseCard:
    """One release.

    Attributes:
        name: of the release.
        model: name and version of the model.
        purpose: what it is for.
        bands: for which year groups.
        state: where it stands.
        blocked_by: what stops it, one sentence each; empty when nothing does.
        remarks: what to know of a release that may go on: who waived what, who let it go to all schools, packs to be reviewed.
        steps: in order.
        concerns: findings that did not simply hold, worst first.
        others: the remaining findings.
        approved_by: names in one line; empty for nobody.
        authors: names in one line.
        digest: first digits of the packed release; empty before it is packed.
        schools: how many schools answer with it, as words.
    """

    name: str
    model: str
    purpose: str
    bands: str
    state: Mark
    blocked_by: tuple[str, ...]
    remarks: tuple[str, ...]
    steps: tuple[Step, ...]
    concerns: tuple[Finding, ...]
    others: tuple[Finding, ...]
    approved_by: str
    authors: str
    digest: str
    schools: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a wave's bar, and the row of its table.

    Attributes:
        label: what is counted.
        count: how many schools.
        tone: how the part is marked.
        start: where it begins, in thousandths of the bar.
        width: how wide it is, in thousandths.
    """

    label: str
    count: int
    tone: words.Tone
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class WaveCard:
    """One wave.

    Attributes:
        name: of the wave.
        release: name of the release that it brings.
        selection: which schools, in words.
        after: the wave that must be finished first; empty for none.
        state: where it stands.
        message: what it waits for; may be empty.
        done: ``34 of 79 schools done``.
        segments: parts of the bar that are not empty, in order.
    """

    name: str
    release: str
    selection: str
    after: str
    state: Mark
    message: str
    done: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class SchoolLine:
    """One school.

    Attributes:
        name: as commands know it.
        display_name: as people know it.
        region: its region.
        state: how it is.
        detail: why, when there is more to say; may be empty.
        release: first digits of the release that answers; empty for none.
        level: from what it answers; empty when it has not said.
        waves: where it stands in each wave, such as ``pilot: done``.
        last_heard: its newest report; None for never.
        offline_since: when it fell silent; None while it is heard.
    """

    name: str
    display_name: str
    region: str
    state: Mark
    detail: str
    release: str
    level: str
    waves: tuple[str, ...]
    last_heard: Moment | None
    offline_since: Moment | None


@dataclass(frozen=True, slots=True)
class HubLine:
    """One hub.

    Attributes:
        name: of the hub.
        region: where it is.
        schools: how many schools are reached through it, as words.
        state: whether it is heard.
        last_contact: when it last spoke; None when not since the service started.
    """

    name: str
    region: str
    schools: str
    state: Mark
    last_contact: Moment | None


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Is everything working?

    Attributes:
        user: who is logged in.
        form_proof: hidden field of the log-out form.
        now: when the page was made.
        headline: the answer, in one sentence.
        headline_tone: how the answer is marked.
        figures: the numbers behind it.
        refreshing: whether the page reloads by itself.
        refresh_seconds: how often it does, or would.
        releases: newest first.
        waves: as they run.
        silent: schools that are not heard, longest first.
        schools: all, by region and name.
        hubs: all, by name.
        glossary: words and what they mean.
        reports: how many reports are stored, as words.
        silent_after: how long a school may be silent, as words.
    """

    template: ClassVar[str] = "status.html"

    user: str
    form_proof: str
    now: Moment
    headline: str
    headline_tone: words.Tone
    figures: tuple[Figure, ...]
    refreshing: bool
    refresh_seconds: int
    releases: tuple[ReleaseCard, ...]
    waves: tuple[WaveCard, ...]
    silent: tuple[SchoolLine, ...]
    schools: tuple[SchoolLine, ...]
    hubs: tuple[HubLine, ...]
    glossary: tuple[tuple[str, str], ...]
    reports: str
    silent_after: str


@dataclass(frozen=True, slots=True)
class LoginPage:
    """Who are you?

    Attributes:
        form_proof: hidden field of the form.
        problem: why the last try did not work; empty at first.
    """

    template: ClassVar[str] = "login.html"

    form_proof: str
    problem: str


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """Something does not work.

    Attributes:
        title: what, in a few words.
        message: what to do.
    """

    template: ClassVar[str] = "problem.html"

    title: str
    message: str


Page = StatusPage | LoginPage | ProblemPage
