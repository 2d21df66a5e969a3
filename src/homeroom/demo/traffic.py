"""A client that asks schools for suggestions all the time, and remembers every answer and every failure."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

PAUSE = timedelta(milliseconds=50)
"""Between two questions to one school: twenty a second is far above what a staff room asks."""

PATIENCE = timedelta(seconds=2)
"""An answer that takes longer counts as a failed request."""


@dataclass(slots=True)
class Tally:
    """What one phase saw.

    Attributes:
        answers: by school.
        levels: by level named in the answer.
        failures: one sentence each.
        slowest_ms: longest time from question to answer.
    """

    answers: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest_ms: float = 0.0


class Traffic:
    """One thread per school, each with its own connection; phases divide the tally."""

    def __init__(self, infer_urls: Mapping[str, str], question: dict[str, Any]) -> None:
        self._urls = infer_urls
        self._question = question
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._phase = "before"
        self.tallies: dict[str, Tally] = {self._phase: Tally()}

    def start(self) -> None:
        """Begin to ask."""
        for school, url in self._urls.items():
            thread = threading.Thread(target=self._ask, args=(school, url), name=f"traffic-{school}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def phase(self, name: str) -> None:
        """Count what follows under ``name``."""
        with self._lock:
            self._phase = name
            self.tallies.setdefault(name, Tally())

    def stop(self) -> None:
        """End the questions and wait for the last answers."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=2 * PATIENCE.total_seconds())

    @property
    def failures(self) -> list[str]:
        """Every failure of every phase."""
        with self._lock:
            return [failure for tally in self.tallies.values() for failure in tally.failures]

    def answers(self, *phases: str) -> int:
        """Number of answers in these phases, or in all."""
        with self._lock:
            chosen = [self.tallies[phase] for phase in phases] if phases else list(self.tallies.values())
            return sum(tally.answers.total() for tally in chosen)

    def _ask(self, school: str, url: str) -> None:
        with httpx.Client(timeout=PATIENCE.total_seconds()) as http:
            while not self._stop.is_set():
                self._ask_once(http, school, url)
                self._stop.wait(PAUSE.total_seconds())

    def _ask_once(self, http: httpx.Client, school: str, url: str) -> None:
        started = time.perf_counter()
        failure, level = "", ""
        try:
            response = http.post(url, json=self._question)
            if response.is_success:
                level = str(response.json()["parameters"]["level"])
            else:
                failure = f"{school}: {response.status_code} {response.text[:200]}"
        except (httpx.HTTPError, ValueError, KeyError) as exc:
            failure = f"{school}: {type(exc).__name__}: {exc}"
        with self._lock:
            tally = self.tallies[self._phase]
            tally.slowest_ms = max(tally.slowest_ms, 1000 * (time.perf_counter() - started))
            if failure:
                tally.failures.append(failure)
            else:
                tally.answers[school] += 1
                tally.levels[level] += 1
