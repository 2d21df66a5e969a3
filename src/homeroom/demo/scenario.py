"""``homeroom demo``: starts everything, takes a release through, cuts the line, says what held."""

import contextlib
import json
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from homeroom.client import boxes, districts
from homeroom.demo import (
    checks,
    cut,
    gating,
    measures,
    options,
    presenter,
    records,
    rollout,
    schools,
    setup,
    traffic,
    training,
)
from homeroom.embedded import state, supervisor, toolchain

Options = options.Options

STOPPED_EXIT_CODE = 130
DRAIN_LIMIT = timedelta(minutes=2)


class _StopError(BaseException):
    """SIGINT or SIGTERM arrived; no handler of ordinary errors may swallow it."""


def run(chosen: options.Options) -> int:
    """Run the whole scenario; 0 if every statement held, 1 if one did not, 130 when stopped on the way.

    Raises:
        HomeroomError: something could not be started; everything that was is stopped.
    """
    console = Console()
    if chosen.reset:
        state.remove(chosen.state)
    with _signals_raise():
        try:
            with state.StateDirectory(chosen.state), supervisor.Supervisor(chosen.state / "run") as runner:
                return _Demo(chosen, runner, console).run()
        except _StopError:
            console.print("stopped; `make run` goes on from here", markup=False)
            return STOPPED_EXIT_CODE


def purge(directory: Path) -> None:
    """Remove the state and the built tools.

    Raises:
        SpecError: a demo runs with that state.
    """
    state.remove(directory)
    toolchain.remove_cache()
    Console().print(f"removed {directory} and the built tools", markup=False, soft_wrap=True)


@contextlib.contextmanager
def _signals_raise() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _StopError

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Demo:
    """One run of the scenario."""

    def __init__(self, chosen: options.Options, runner: supervisor.Supervisor, console: Console) -> None:
        self._options = chosen
        self._runner = runner
        self._console = console
        self._out = presenter.Presenter(console)
        self._ledger = checks.Ledger(on_check=self._out.check)
        self._measured: dict[str, Any] = {}

    def run(self) -> int:
        """Every stage in order."""
        with contextlib.ExitStack() as stack:
            running = setup.start(stack, self._options.state, self._runner, self._out)
            author, approver, lead, it = (
                stack.enter_context(running.connect(person)) for person in ("both", "approver", "lead", "it")
            )
            desk = gating.Desk(author, approver, lead, self._ledger, self._out.progress)
            self._pass_gates(desk, running)
            self._reach_schools(it, desk, running)
            self._measure(it, desk, running)
            self._write_report()
            if not self._options.stop_at_end:
                self._stay(running)
        return 0 if self._ledger.all_held else 1

    def _pass_gates(self, desk: gating.Desk, running: setup.Running) -> None:
        where = running.base.where
        with self._out.stage("training", "Train and register two releases: an honest one and one planted to be unfair"):
            honest, planted = training.train_both(
                options.example_directory() / "train.py",
                api=running.base.api_url,
                token_file=running.tokens["both"],
                results=where.root / "training.json",
                log=where.logs / "training.log",
            )
        with self._out.stage("gates", "Intake, packaging, gates"):
            gating.submit(desk, gating.HONEST, honest)
            gating.submit(desk, gating.PLANTED, planted)
            gating.await_gates(desk, gating.HONEST)
            gating.await_gates(desk, gating.PLANTED)
            self._out.say(f"blocked: {gating.check_blocked(desk)}")
        with self._out.stage("approval", "Approval by somebody else"):
            gating.approve(desk)

    def _reach_schools(self, it: districts.DistrictClient, desk: gating.Desk, running: setup.Running) -> None:
        rollout.create_waves(it, running.regions)
        pilot, *before_last, last = rollout.wave_names(running.regions)
        with self._out.stage(f"wave-{pilot}", f"Wave {pilot}"):
            self._await_wave(it, pilot, what=f"wave {pilot}")
        with self._out.stage(
            "override", "Missing evidence was waived for pilots only: a second person decides on the rest"
        ):
            self._out.say(gating.let_go_to_all(desk, it, running.regions[0]) or "nothing to decide")
        for name in before_last:
            with self._out.stage(f"wave-{name}", f"Wave {name}"):
                self._await_wave(it, name, what=f"wave {name}")
        if self._already_cut(running):
            self._out.say("the line was cut in an earlier run; --reset starts over")
            return
        with self._out.stage("suggestion", "One school suggests whom to offer support"):
            self._suggest(it, running)
        self._cut_line(it, running, last)
        self._mark_cut(running)

    def _await_wave(self, it: districts.DistrictClient, name: str, *, what: str) -> dict[str, Any]:
        wave = rollout.await_wave(it, name, done=rollout.is_complete, what=what, progress=self._out.progress)
        counts = rollout.counts(wave)
        self._ledger.check(
            f"wave {name}: every school has the release and is healthy",
            counts["done"] == counts["total"] > 0,
            f"{counts['done']} of {counts['total']}",
        )
        return wave

    def _suggest(self, it: districts.DistrictClient, running: setup.Running) -> None:
        school = running.everybody.edge
        answer = boxes.ask(running.everybody.url(school), options.PURPOSE, options.made_up_pupils())
        released = it.get("releases", gating.HONEST)["status"]["releaseDigest"]
        self._ledger.check(
            f"{school.display_name} ranks an offer from the full model of the approved release, with an end",
            answer.level == "full"
            and answer.release == released
            and bool(answer.ranked)
            and bool(answer.document["parameters"]["expires"]),
            f"{len(answer.ranked)} of {len(options.made_up_pupils())} made-up pupils",
        )
        self._out.say(answer.sentence)

    def _cut_line(self, it: districts.DistrictClient, running: setup.Running, last: str) -> None:
        base, everybody = running.base, running.everybody
        asked, killed = everybody.boxes[0], everybody.boxes[1:]
        pairs = [everybody.edge, asked]
        questions = self._traffic(running, pairs)
        with self._out.stage(f"wave-{last}-begins", f"Wave {last} begins"):
            rollout.await_wave(
                it,
                last,
                done=rollout.is_half_way,
                what=f"a quarter of wave {last}",
                progress=self._out.progress,
            )
        before = _assigned(it)
        try:
            with self._out.stage("cut", "The line is cut: the hub hangs, then hub and district are gone"):
                outage = cut.cut(base, everybody, questions, killed, self._ledger, self._out.progress)
            with self._out.stage("reconnection", "The line is back"):
                questions.phase("line is back")
                cut.reconnect(base)
                self._check_drained(running, outage)
                self._await_wave(it, last, what=f"wave {last} to pick up where it was")
                after = _assigned(it)
                self._ledger.check(
                    "the wave picked up where it was: no school that had been told was told again",
                    0 < len(before) < len(after) and all(after[name] == version for name, version in before.items()),
                    f"{len(before)} schools had been told before the cut, {len(after)} have been by now",
                )
        finally:
            questions.stop()
        self._check_answers(questions, pairs)

    def _traffic(self, running: setup.Running, asked: list[schools.School]) -> traffic.Traffic:
        urls = {school.name: running.everybody.url(school) for school in asked}
        metadata = boxes.metadata(urls[asked[0].name], options.PURPOSE)
        question = boxes.build_question(metadata, options.made_up_pupils())
        questions = traffic.Traffic(
            {name: f"{url}/v2/models/{options.PURPOSE}/infer" for name, url in urls.items()}, question
        )
        questions.start()
        return questions

    def _check_drained(self, running: setup.Running, outage: cut.Outage) -> None:
        comparison = checks.wait_for(
            "the queued reports to be applied",
            lambda: found if (found := records.compare(running.base, outage.waiting)).exact else None,
            within=DRAIN_LIMIT,
            progress=self._out.progress,
            describe=lambda: f"{records.compare(running.base, outage.waiting).missing} still wait",
        )
        self._ledger.check(
            "each queued report was applied exactly once, compared record by record",
            comparison.exact and comparison.compared >= options.QUEUED_REPORTS,
            f"{comparison.compared} compared, {comparison.applied} applied in all",
        )
        self._measured["reports"] = {
            "queuedWhileCut": outage.queued,
            "compared": comparison.compared,
            "applied": comparison.applied,
            "missing": comparison.missing,
            "different": comparison.different,
        }

    def _check_answers(self, questions: traffic.Traffic, asked: list[schools.School]) -> None:
        failures = questions.failures
        cut_off = questions.answers("hub hangs", "everything is gone")
        self._ledger.check(
            f"no request to {' and '.join(school.display_name for school in asked)} failed",
            not failures and cut_off > 0,
            failures[0] if failures else f"{questions.answers()} answers, {cut_off} of them while cut off",
        )
        self._measured["answers"] = {
            "online": questions.answers() - cut_off,
            "offline": cut_off,
            "failedRequests": len(failures),
            "slowestMs": {name: round(tally.slowest_ms, 1) for name, tally in questions.tallies.items()},
            "byLevel": dict(sum((tally.levels for tally in questions.tallies.values()), Counter())),
        }

    def _measure(self, it: districts.DistrictClient, desk: gating.Desk, running: setup.Running) -> None:
        status = it.status()
        self._measured["schools"] = dict(Counter(school["state"] for school in status["schools"]))
        self._measured["gates"] = {name: desk.author.gate_report(name) for name in (gating.HONEST, gating.PLANTED)}
        self._measured["reportsSinceDistrictStarted"] = measures.reports_received(running.base)
        self._measured["bytesPerSchool"] = measures.bytes_per_school(running.everybody)
        self._measured["memory"] = memory = measures.memory(running.base, running.everybody)
        self._out.say(
            f"memory: {memory['totalMiB'] / 1024:.2f} GiB in all, {memory['perHostedSchoolMiB']} MiB per hosted school"
        )
        self._ledger.check(
            "every process that should run runs", not self._runner.down(), "; ".join(self._runner.down())
        )

    def _write_report(self) -> None:
        seconds = {key: round(value, 1) for key, value in self._out.seconds.items()}
        measures.write_report(
            self._options.report,
            {
                "machine": measures.machine(),
                "seconds": seconds | {"total": round(sum(seconds.values()), 1)},
                **self._measured,
                "checks": [
                    {"statement": check.statement, "held": check.held, "detail": check.detail}
                    for check in self._ledger.checks
                ],
            },
        )
        held = sum(check.held for check in self._ledger.checks)
        self._out.say(f"{held} of {len(self._ledger.checks)} statements held; written to {self._options.report}")

    def _stay(self, running: setup.Running) -> None:
        token = running.tokens["approver"]
        self._console.print(f"\nConsole  {running.base.api_url}/", markup=False, highlight=False)
        self._console.print(f"Token    {token.read_text().strip()}  (bela, approver)", markup=False, highlight=False)
        self._console.print("Ctrl-C stops everything; the next `make run` goes on from here.\n", markup=False)
        with contextlib.suppress(_StopError):
            while True:
                signal.pause()

    @staticmethod
    def _already_cut(running: setup.Running) -> bool:
        return (running.base.where.root / "cut.json").exists()

    def _mark_cut(self, running: setup.Running) -> None:
        (running.base.where.root / "cut.json").write_text(json.dumps(self._measured.get("reports", {})))


def _assigned(it: districts.DistrictClient) -> dict[str, int]:
    """Version of the newest assignment of each school that has one."""
    return {school["name"]: school["assignedVersion"] for school in it.status()["schools"] if school["assignedVersion"]}
