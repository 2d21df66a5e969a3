"""Compares cohorts that begin at the same time of the school year with others: does it matter what a window is compared with?

Usage:
    python examples/course-completion/cohorts.py [--calendar FILE] [--dates-as-text]

Three modules ran in February and in October of both years. The calendar stamps the first day of each cohort, and cohorts match
where `homeroom gate watch` would compare them: the same phase, and about the same teaching week, of an earlier school year.
Effect sizes: Cramer's V for categories, the Kolmogorov-Smirnov distance for numbers. All 32,593 published rows count here,
the outcome among them, because the question is how cohorts differ and not whom to offer support.
"""

import argparse
import itertools
import json
import pathlib
import warnings
from dataclasses import asdict, dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import yaml
from dataset import FIRST_DAY, read
from scipy import stats

from homeroom.domain import schooltime
from homeroom.gates import casefiles
from homeroom.resources import academiccalendars
from homeroom.stats import discoveries

HERE = pathlib.Path(__file__).parent
MODULES = ("BBB", "DDD", "FFF")
CHOICES = ("gender", "region", "highest_education", "imd_band", "age_band", "disability", "final_result")
NUMBERS = ("num_of_prev_attempts", "studied_credits", "date_registration")
LARGE = 0.1
LEVEL = 0.05
WINDOW, DRAWS, SEED = 300, 60, 0

Column = npt.NDArray[np.float64]
Cohort = dict[str, Column]
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Found:
    """What some pairs of cohorts show.

    Attributes:
        median_effect: over columns and pairs.
        large: share of columns and pairs with an effect above ``LARGE``.
        window_alarms: share of pairs of 300-student windows in which any column is called different after
            Benjamini-Hochberg.
    """

    median_effect: float
    large: float
    window_alarms: float


def pairs(stamps: dict[str, schooltime.Stamp], week_tolerance: int) -> tuple[Pairs, Pairs]:
    """Presentations to compare, the earlier one first: those of the same time of the school year, and neighbours that are not.

    Args:
        stamps: of the first day of each presentation.
        week_tolerance: by how many teaching weeks the same time may differ.
    """

    def same_time(earlier: str, later: str) -> bool:
        first, second = stamps[earlier], stamps[later]
        if first.teaching_week is None or second.teaching_week is None or first.academic_year == second.academic_year:
            return False
        near = abs(first.teaching_week - second.teaching_week) <= week_tolerance
        return near and first.phase is second.phase

    presentations = sorted(stamps)
    matched = [pair for pair in itertools.combinations(presentations, 2) if same_time(*pair)]
    return matched, [pair for pair in itertools.pairwise(presentations) if not same_time(*pair)]


def stamp(calendar: pathlib.Path) -> dict[str, schooltime.Stamp]:
    """Where the first day of each presentation lies in the school year."""
    years = academiccalendars.parse(yaml.safe_load(calendar.read_bytes())).to_domain()
    return {name: years.stamp(date.fromisoformat(day)) for name, day in FIRST_DAY.items()}


def load(*, dates_as_text: bool = False) -> dict[tuple[str, str], Cohort]:
    """Cohorts by module and presentation; categories as codes, missing numbers as NaN.

    Args:
        dates_as_text: order the days of registration as words, "-159" before "-53" and "?" last. This is a mistake. The
            figures from which this comparison began were made with it, and the option shows that they are the same.
    """
    rows = read()
    choices = (*CHOICES, "date_registration") if dates_as_text else CHOICES
    codes = {name: sorted({row[name] for row in rows}) for name in choices}
    cohorts: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        cohorts.setdefault((row["code_module"], row["code_presentation"]), []).append(row)
    return {key: _columns(own, codes) for key, own in cohorts.items() if key[0] in MODULES}


def compare(first: Cohort, second: Cohort) -> tuple[Column, Column]:
    """Effect and p-value of every column, each of shape (10,)."""
    found = [_choice(first[name], second[name]) for name in CHOICES]
    found += [_number(first[name], second[name]) for name in NUMBERS]
    return np.array([effect for effect, _ in found]), np.array([p for _, p in found])


def measure(cohorts: dict[tuple[str, str], Cohort], compared: Pairs) -> Found:
    """Whole cohorts, then windows drawn from them."""
    rng = np.random.default_rng(SEED)
    effects, alarms = [], []
    for module in MODULES:
        for before, after in compared:
            first, second = cohorts[module, before], cohorts[module, after]
            effects.append(compare(first, second)[0])
            for _ in range(DRAWS):
                pvalues = compare(_window(first, rng), _window(second, rng))[1]
                alarms.append(bool(discoveries.benjamini_hochberg(pvalues, LEVEL).any()))
    together = np.concatenate(effects)
    return Found(float(np.median(together)), float((together > LARGE).mean()), float(np.mean(alarms)))


def _columns(rows: list[dict[str, str]], codes: dict[str, list[str]]) -> Cohort:
    numbers = {name: np.array([np.nan if row[name] == "?" else float(row[name]) for row in rows]) for name in NUMBERS}
    choices = {name: np.array([own.index(row[name]) for row in rows], dtype=np.float64) for name, own in codes.items()}
    return numbers | choices


def _window(cohort: Cohort, rng: np.random.Generator) -> Cohort:
    chosen = rng.choice(len(cohort[CHOICES[0]]), WINDOW, replace=False)
    return {name: values[chosen] for name, values in cohort.items()}


def _choice(first: Column, second: Column) -> tuple[float, float]:
    size = int(max(first.max(), second.max())) + 1
    table = np.stack([np.bincount(side.astype(np.int64), minlength=size) for side in (first, second)])
    statistic, pvalue, *_ = stats.chi2_contingency(table[:, table.sum(axis=0) > 0])
    return float(np.sqrt(statistic / table.sum())), float(pvalue)


def _number(first: Column, second: Column) -> tuple[float, float]:
    found = stats.ks_2samp(first[~np.isnan(first)], second[~np.isnan(second)])
    return float(found.statistic), float(found.pvalue)


def main() -> None:
    """Prints a line of JSON for each presentation and for each kind of pair."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--calendar", type=pathlib.Path, default=HERE / "calendar.yaml", help="AcademicCalendar to stamp with"
    )
    parser.add_argument("--dates-as-text", action="store_true", help="with the mistake of the first figures; see load")
    chosen = parser.parse_args()
    stamps = stamp(chosen.calendar)
    for name, own in stamps.items():
        print(json.dumps({"presentation": name, "term": own.term, "week": own.teaching_week, "phase": own.phase.value}))
    cohorts = load(dates_as_text=chosen.dates_as_text)
    matched, unmatched = pairs(stamps, casefiles.read_policy(HERE / "policy.yaml").drift.week_tolerance)
    if not matched or not unmatched:
        raise SystemExit(
            f"{chosen.calendar}: by this calendar every cohort, or none, begins at the same time of the year"
        )
    warnings.filterwarnings("ignore", message="ks_2samp: Exact calculation unsuccessful")
    for name, compared in (("same time of year", matched), ("other time of year", unmatched)):
        print(json.dumps({"pairs": name, "compared": compared, **asdict(measure(cohorts, compared))}))


if __name__ == "__main__":
    main()
