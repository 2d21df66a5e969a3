"""The models that answer now, swapped without dropping a request."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from homeroom.domain import digests, errors, ladder, releases
from homeroom.school import plans
from homeroom.school.serving import runners

THRESHOLD = "threshold"
"""The parameter that says from which score on an offer is suggested."""

_DEFAULT_THRESHOLD = 0.5
_LOAD_FACTOR = 3
"""A loaded model takes about its bytes twice (weights and packed copies), and its bytes are there while it loads."""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


_Key = tuple[digests.Digest, digests.Digest]
"""Release and stage. Not the level: a release that becomes the previous one keeps its loaded stages."""


@dataclass(slots=True)
class _Rung:
    level: ladder.Level
    release: plans.PlannedRelease
    file: releases.StageFile
    runner: runners.Runner | None
    fault: str
    health: ladder.Health = field(default_factory=ladder.Health)

    @property
    def key(self) -> _Key:
        return (self.release.digest, self.file.digest)

    def to_domain(self) -> ladder.Rung:
        return ladder.Rung(self.level, self.release.digest, self.file.digest, self.health, self.fault)


@dataclass(frozen=True, slots=True)
class _Entry:
    planned: plans.PlannedEntry
    rungs: tuple[_Rung, ...]

    def choose(self, now: datetime) -> ladder.Choice:
        return ladder.decide_rung(tuple(rung.to_domain() for rung in self.rungs), now)


class _Table(NamedTuple):
    """Everything that one request reads, replaced as a whole."""

    plan: str
    entries: dict[tuple[str, str], _Entry]


@dataclass(frozen=True, slots=True)
class Answer:
    """Scores of one request, and where they came from.

    Attributes:
        purpose: what for.
        band: year-group band.
        release: digest of the release that answered; of the assigned one when none could.
        level: rung.
        reason: why this rung.
        expires: an offer made from this answer ends then.
        scores: shape (n,), 0..1; None when there is no suggestion.
        threshold: an offer is suggested from this score on.
    """

    purpose: str
    band: str
    release: digests.Digest
    level: ladder.Level
    reason: str
    expires: datetime
    scores: runners.Floats | None
    threshold: float

    @property
    def ranks(self) -> npt.NDArray[np.int64]:
        """1 = offer first; equal scores keep the order of the request."""
        scores = np.zeros(0, np.float32) if self.scores is None else self.scores
        ranks = np.empty(len(scores), dtype=np.int64)
        ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
        return ranks

    @property
    def offered(self) -> npt.NDArray[np.bool_]:
        """Whether an offer is suggested, compared in the precision of the scores as the gates do."""
        scores = np.zeros(0, np.float32) if self.scores is None else self.scores
        return np.asarray(scores >= np.float32(self.threshold))


class Models:
    """The in-process ``plans.ModelPort``, and what the HTTP app asks.

    ``apply`` may run in another thread than ``answer``: a request reads the table once, and the table is replaced in
    one assignment. Health is written by ``answer`` only.

    Args:
        pool: where sessions are shared.
        clock: gives the time of answers.
        latency_budget: a rung that takes longer three times in a row rests.
        reserve_mib: memory that loading must leave to the rest of the box.
    """

    def __init__(
        self,
        pool: runners.Pool,
        *,
        clock: Clock = utc_now,
        latency_budget: timedelta = timedelta(milliseconds=500),
        reserve_mib: float = 64,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._budget = latency_budget
        self._reserve_mib = reserve_mib
        self._table = _Table("", {})
        self._answers = 0
        self.instance = secrets.token_hex(8)

    async def serving(self) -> plans.Serving:
        """See ``plans.ModelPort``."""
        return self.state()

    async def apply(self, plan: plans.Plan, read: plans.ReadBlob) -> plans.Serving:
        """See ``plans.ModelPort``."""
        self.load(plan, read)
        return self.state()

    def state(self) -> plans.Serving:
        """What is answered from now."""
        now, table = self._clock(), self._table
        served = tuple(_served(entry, now) for entry in table.entries.values())
        return plans.Serving(self.instance, table.plan, served, self._answers)

    def load(self, plan: plans.Plan, read: plans.ReadBlob) -> None:
        """Load what is new, then answer from ``plan``."""
        old = {rung.key: rung for entry in self._table.entries.values() for rung in entry.rungs}
        entries = {}
        for planned in plan.entries:
            rungs = tuple(self._rung(plan.site_id, *item, old, read) for item in _order(planned))
            entries[(planned.purpose, planned.band)] = _Entry(planned, rungs)
        self._table = _Table(plan.digest, entries)

    def missing(self, plan: plans.Plan) -> tuple[digests.Digest, ...]:
        """Stages of ``plan`` that are not loaded now, each once."""
        rungs = (rung for entry in self._table.entries.values() for rung in entry.rungs)
        loaded = {rung.key for rung in rungs if rung.runner is not None}
        wanted = ((release.digest, file.digest) for entry in plan.entries for _, release, file in _order(entry))
        return tuple(dict.fromkeys(stage for release, stage in wanted if (release, stage) not in loaded))

    def bands(self, purpose: str) -> tuple[str, ...]:
        """Bands that there is an entry for, sorted."""
        return tuple(sorted(band for name, band in self._table.entries if name == purpose))

    @property
    def purposes(self) -> tuple[str, ...]:
        """Purposes that there is an entry for, sorted."""
        return tuple(sorted({name for name, _ in self._table.entries}))

    def config(self, purpose: str, band: str) -> releases.ReleaseConfig:
        """Config of the release that would answer now.

        Raises:
            NotReady: nothing is installed for it.
        """
        entry = self._entry(purpose, band)
        return entry.rungs[entry.choose(self._clock()).index or 0].release.config

    def is_ready(self, purpose: str, band: str) -> bool:
        """Whether a question would get a suggestion."""
        try:
            return self._entry(purpose, band).choose(self._clock()).index is not None
        except errors.NotReady:
            return False

    def answer(
        self, purpose: str, band: str, read_features: Callable[[releases.ReleaseConfig], runners.Floats]
    ) -> Answer:
        """Scores from the best rung that can give them; a rung that fails is passed over within the request.

        Args:
            purpose: what for.
            band: year-group band.
            read_features: gives the rows for a release, which may name other columns than the one before.

        Raises:
            NotReady: nothing at all is installed.
            SpecError: the rows do not fit the release.
        """
        entry = self._entry(purpose, band)
        while True:
            now = self._clock()
            choice = entry.choose(now)
            if choice.index is None:
                return self._no_suggestion(entry, choice.reason, now)
            rung = entry.rungs[choice.index]
            features = read_features(rung.release.config)
            scores = self._ask(rung, features, now)
            if scores is not None:
                self._answers += 1
                return _build_answer(entry.planned, rung, choice, scores, now)

    def _ask(self, rung: _Rung, features: runners.Floats, now: datetime) -> runners.Floats | None:
        if rung.runner is None:
            raise errors.Defect("a rung without a runner was chosen")
        started = time.perf_counter()
        try:
            scores = rung.runner.run(features)
        except errors.Unavailable:
            rung.health = rung.health.rested("RunFailed", now)
            return None
        rung.health = rung.health.after_answer(timedelta(seconds=time.perf_counter() - started), self._budget, now)
        return scores

    def _no_suggestion(self, entry: _Entry, reason: str, now: datetime) -> Answer:
        self._answers += 1
        planned = entry.planned
        return Answer(planned.purpose, planned.band, planned.assigned, ladder.Level.NONE, reason, now, None, 1.0)

    def _entry(self, purpose: str, band: str) -> _Entry:
        entry = self._table.entries.get((purpose, band))
        if entry is None or not entry.rungs:
            raise errors.NotReady(f"nothing is installed for {purpose}, {band}: {ladder.NO_SUGGESTION}")
        return entry

    def _rung(
        self,
        site_id: str,
        level: ladder.Level,
        release: plans.PlannedRelease,
        file: releases.StageFile,
        old: dict[_Key, _Rung],
        read: plans.ReadBlob,
    ) -> _Rung:
        rung = _Rung(level, release, file, None, "")
        before = old.get(rung.key)
        if before is not None and before.runner is not None:
            rung.runner, rung.health = before.runner, before.health
        elif level is not ladder.Level.FALLBACK and not self._fits(file):
            rung.fault = "MemoryPressure"
        else:
            self._load_into(rung, site_id, read)
        return rung

    def _load_into(self, rung: _Rung, site_id: str, read: plans.ReadBlob) -> None:
        try:
            rung.runner = self._pool.load(rung.file, rung.release.config, site_id, lambda: read(rung.file.digest))
        except (errors.Unavailable, errors.NotReady):
            rung.fault = "LoadFailed"
        except errors.Refused as refused:
            rung.fault = refused.reason

    def _fits(self, file: releases.StageFile) -> bool:
        meminfo = Path("/proc/meminfo")
        if not meminfo.exists():
            return True
        needed = self._reserve_mib + _LOAD_FACTOR * file.size_bytes / 2**20
        return runners.available_mib(meminfo.read_text()) >= needed


def _order(entry: plans.PlannedEntry) -> list[tuple[ladder.Level, plans.PlannedRelease, releases.StageFile]]:
    """The rungs of an entry, best first."""
    by_level = {releases.Stage.FULL: ladder.Level.FULL, releases.Stage.CORE: ladder.Level.CORE}
    models: list[tuple[ladder.Level, plans.PlannedRelease, releases.StageFile]] = []
    rates: list[tuple[ladder.Level, plans.PlannedRelease, releases.StageFile]] = []
    for release in (entry.current, entry.previous):
        for file in () if release is None else reversed(release.files):
            if release is None:  # mypy cannot see that an empty tuple has no pass
                continue
            if file.stage is releases.Stage.FALLBACK:
                rates.append((ladder.Level.FALLBACK, release, file))
            else:
                level = by_level[file.stage] if release is entry.current else ladder.Level.PREVIOUS
                models.append((level, release, file))
    return models + rates


def _served(entry: _Entry, now: datetime) -> plans.Served:
    planned, choice = entry.planned, entry.choose(now)
    if choice.index is None:
        return plans.Served(planned.purpose, planned.band, None, choice.level, choice.reason, healthy=False)
    rung = entry.rungs[choice.index]
    best = rung.release.config.stages[-1].stage
    healthy = rung.release.digest == planned.assigned and rung.file.stage is best
    return plans.Served(
        planned.purpose, planned.band, rung.release.digest, choice.level, choice.reason, healthy=healthy
    )


def _build_answer(
    planned: plans.PlannedEntry, rung: _Rung, choice: ladder.Choice, scores: runners.Floats, now: datetime
) -> Answer:
    config = rung.release.config
    return Answer(
        purpose=planned.purpose,
        band=planned.band,
        release=rung.release.digest,
        level=choice.level,
        reason=choice.reason,
        expires=now + timedelta(days=config.offer_days),
        scores=scores,
        threshold=dict(planned.parameters).get(THRESHOLD, _default(config)),
    )


def _default(config: releases.ReleaseConfig) -> float:
    return next((p.default for p in config.parameters if p.name == THRESHOLD), _DEFAULT_THRESHOLD)
