"""The status document as the status page: codes become words, dates become phrases."""

import itertools
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from homeroom.console import pages, words
from homeroom.district.app import documents, release_views
from homeroom.domain import digests, schooltime

_BAR = 1000


def build_status_page(
    status: documents.Status, *, user: str, form_proof: str, refresh_seconds: int, refreshing: bool
) -> pages.StatusPage:
    """The page for ``user``."""
    schools = _schools(status)
    headline, tone = _headline(status.summary)
    return pages.StatusPage(
        user=user,
        form_proof=form_proof,
        now=_moment(status.generated_at, status.generated_at),
        headline=headline,
        headline_tone=tone,
        figures=_figures(status.summary),
        refreshing=refreshing,
        refresh_seconds=refresh_seconds,
        releases=tuple(map(release_views.build_card, _newest_first(status.releases))),
        waves=tuple(map(_wave, status.waves)),
        silent=_silent(status, schools),
        schools=tuple(schools.values()),
        hubs=tuple(_hub(hub, status.generated_at) for hub in status.hubs),
        glossary=words.GLOSSARY,
        reports=words.count(status.reports_applied, "report", "reports"),
        silent_after=_span(timedelta(seconds=status.offline_after_seconds)),
    )


def _headline(summary: documents.Summary) -> tuple[str, words.Tone]:
    """The answer to the page's question, worst news first."""
    needs = words.count(summary.attention, "school needs", "schools need")
    silent = words.count(summary.offline, "school is", "schools are")
    less = words.count(summary.reduced, "school works", "schools work")
    done = f"{summary.as_assigned} of {words.count(summary.schools, 'school', 'schools')}"
    nobody = "No school is heard from at the moment. They go on answering by themselves."
    care = words.Tone.CARE
    cases = (
        (summary.schools == 0, "No school has been added yet.", words.Tone.QUIET),
        (summary.online == 0 and summary.offline > 0, nobody, care),
        (summary.attention > 0, f"{needs} somebody to look.", words.Tone.BAD),
        (summary.offline > 0, f"{silent} not heard from. Everything else goes on.", care),
        (summary.reduced > 0, f"{less} with less than planned.", care),
        (
            summary.as_assigned == summary.schools,
            f"Yes. All {summary.schools} schools work as planned.",
            words.Tone.GOOD,
        ),
    )
    rest = (f"Yes. {done} work as planned, the others are being set up.", words.Tone.GOOD)
    return next(((sentence, tone) for holds, sentence, tone in cases if holds), rest)


def _figures(summary: documents.Summary) -> tuple[pages.Figure, ...]:
    settled = summary.as_assigned + summary.reduced + summary.attention + summary.offline
    figures = (
        ("Work as planned", summary.as_assigned, "answer with the full model", words.Tone.GOOD),
        ("Being set up", summary.schools - settled, "installing, or waiting for their turn", words.Tone.QUIET),
        ("Work with less", summary.reduced, "answer, but not with the full model", words.Tone.CARE),
        ("Not heard from", summary.offline, "go on answering by themselves", words.Tone.CARE),
        ("Need a look", summary.attention, "refused something, or cannot answer", words.Tone.BAD),
    )
    quiet = words.Tone.QUIET
    return tuple(pages.Figure(label, n, note, tone if n else quiet) for label, n, note, tone in figures)


def _wave(wave: documents.Wave) -> pages.WaveCard:
    return pages.WaveCard(
        name=wave.name,
        release=wave.release,
        selection=wave.selection,
        after=wave.after or "",
        state=_wave_state(wave),
        message=wave.message,
        done=f"{wave.counts.done} of {words.count(wave.counts.total, 'school', 'schools')} done",
        segments=_segments(wave.counts),
    )


def _wave_state(wave: documents.Wave) -> pages.Mark:
    cases = (
        (wave.rollback and wave.complete, "Sent back", words.Tone.QUIET),
        (wave.rollback, "Being sent back", words.Tone.CARE),
        (wave.complete, "Finished", words.Tone.GOOD),
        (wave.halted, "Stopped", words.Tone.BAD),
        (wave.paused, "Paused", words.Tone.CARE),
        (wave.started_at is None, "Waiting for its turn", words.Tone.QUIET),
    )
    return next(
        (pages.Mark(word, tone) for holds, word, tone in cases if holds), pages.Mark("Under way", words.Tone.CARE)
    )


def _segments(counts: documents.Counts) -> tuple[pages.Segment, ...]:
    """Parts of the bar by whole thousandths; the last one ends where the bar does."""
    numbers = [(code, found) for code, found in counts.model_dump(by_alias=True).items() if code in words.WAVE_COUNTS]
    order = list(words.WAVE_COUNTS)
    shown = sorted(((code, n) for code, n in numbers if n), key=lambda item: order.index(item[0]))
    total = sum(n for _, n in shown)
    ends = [round(_BAR * n / total) for n in itertools.accumulate(n for _, n in shown)] if total else []
    return tuple(
        pages.Segment(*words.WAVE_COUNTS[code][:1], n, words.WAVE_COUNTS[code][1], start, end - start)
        for (code, n), start, end in zip(shown, [0, *ends], ends, strict=False)
    )


def _schools(status: documents.Status) -> dict[str, pages.SchoolLine]:
    waves: dict[str, list[str]] = defaultdict(list)
    for wave in status.waves:
        for member in wave.schools:
            word = words.WAVE_COUNTS[member.state][0] if member.state in words.WAVE_COUNTS else member.state
            waves[member.name].append(f"{wave.name}: {word}")
    ordered = sorted(status.schools, key=lambda school: (school.region, school.display_name, school.name))
    return {school.name: _school(school, tuple(waves[school.name]), status.generated_at) for school in ordered}


def _school(school: documents.School, waves: tuple[str, ...], now: datetime) -> pages.SchoolLine:
    word, tone = words.SCHOOL_STATES[school.state.value]
    return pages.SchoolLine(
        name=school.name,
        display_name=school.display_name,
        region=school.region,
        state=pages.Mark(word, tone),
        detail=_detail(school),
        release=school.release or "",
        level="" if school.level is None else words.LEVELS.get(school.level, school.level),
        waves=waves,
        last_heard=None if school.last_heard is None else _moment(school.last_heard, now),
        offline_since=None if school.offline_since is None else _moment(school.offline_since, now),
    )


def _detail(school: documents.School) -> str:
    """What else is to be said: why it refused; that it is closed, or which bands answer with something else."""
    if school.refused is not None:
        return school.refused
    first = (school.level, school.release)
    closed = ["Closed today"] if school.phase == schooltime.Phase.CLOSURE.value else []
    others = [
        f"{words.BANDS.get(s.band, s.band)}: {words.LEVELS.get(s.level, s.level)}"
        for s in school.serving
        if (s.level, None if s.release is None else digests.short(digests.Digest(s.release))) != first
    ]
    return "; ".join([*closed, *others])


def _silent(status: documents.Status, lines: dict[str, pages.SchoolLine]) -> tuple[pages.SchoolLine, ...]:
    since = [(school.offline_since, school.name) for school in status.schools if school.offline_since is not None]
    return tuple(lines[name] for _, name in sorted(since))


def _hub(hub: documents.Hub, now: datetime) -> pages.HubLine:
    return pages.HubLine(
        name=hub.name,
        region=hub.region,
        schools=words.count(hub.schools, "school", "schools"),
        state=pages.Mark("Heard", words.Tone.GOOD) if hub.online else pages.Mark("Not heard from", words.Tone.CARE),
        last_contact=None if hub.last_contact is None else _moment(hub.last_contact, now),
    )


def _moment(when: datetime, now: datetime) -> pages.Moment:
    return pages.Moment(when.astimezone(UTC).isoformat(timespec="seconds"), words.moment(when), words.ago(when, now))


def _span(span: timedelta) -> str:
    if span >= timedelta(minutes=2):
        return words.count(span // timedelta(minutes=1), "minute", "minutes")
    return words.count(int(span.total_seconds()), "second", "seconds")


def _newest_first(releases: tuple[documents.Release, ...]) -> list[documents.Release]:
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(releases, key=lambda release: (release.created_at or never, release.name), reverse=True)
