"""What looking every week costs, with a test and with e-values; how often PSI fires at nothing; what few pupils can show."""

import numpy as np
import star_pupils
from figures import Figure
from scipy import stats

from homeroom.stats import eprocesses, power, sketches

WEEKS, BASELINE, ALPHA = 36, 0.25, 0.05
EVER_BY_TEST = {10: 0.52, 25: 0.65, 60: 0.66}
"""The notes give 52 % for 10 pupils, 65 % for 25, and "52-66 %" over 10, 25 and 60."""
EVER_BY_EVIDENCE = 0.018
"""Middle of 1.5 to 2.1 %."""
FOUND_IN_WEEK = {0.35: {10: 12, 25: 6, 60: 3}, 0.45: {10: 5, 25: 2, 60: 1}}
PSI = {50: (0.47, 0.99, 0.88), 100: (0.20, 0.86, 0.42), 200: (0.09, 0.37, 0.03), 500: (0.04, 0.00, 0.00)}
DETECTABLE = {15: 44, 30: 31, 60: 22, 120: 16, 300: 10, 1000: 5}


def ever_alarmed(pupils: int, years: int, rng: np.random.Generator) -> tuple[float, float]:
    """Share of unchanged school years with any alarm: by a weekly exact test, by e-values."""
    losses = rng.binomial(pupils, BASELINE, size=(years, WEEKS)).astype(np.float64)
    tested = (stats.binom.sf(losses - 1, pupils, BASELINE) < ALPHA).any(axis=1)
    return float(tested.mean()), float((alarms(losses, pupils) >= 0).mean())


def weeks_to_detection(rate: float, pupils: int, years: int, rng: np.random.Generator) -> float:
    """Median week, from 1, in which e-values find that the rate has been ``rate`` from the start."""
    found = alarms(rng.binomial(pupils, rate, size=(years, WEEKS)).astype(np.float64), pupils)
    return float(np.median(np.where(found < 0, np.inf, found + 1)))


def alarms(losses: star_pupils.FloatArray, pupils: int) -> star_pupils.IntArray:
    """Week of the first alarm of each school year, from 0; -1 for none."""
    rows = np.full(losses.shape, float(pupils))
    return eprocesses.first_alarm(eprocesses.path(losses, rows, np.array(BASELINE)), ALPHA)


def psi_of_nothing(pupils: int, times: int, rng: np.random.Generator) -> tuple[float, float, float]:
    """Mean PSI of two windows of the same schools' scores, and how often it is above 0.1 and 0.2."""
    scores = np.array([float(row["gcsescore"]) for row in star_pupils.read("chem97.csv.gz")])
    edges = np.quantile(scores, np.linspace(0, 1, 11))[1:-1]
    drawn = np.array([rng.choice(scores, 2 * pupils, replace=False) for _ in range(times)])
    window = np.arange(2 * times).repeat(pupils)
    shares = sketches.histograms(drawn.ravel(), edges, window, 2 * times) / pupils
    # PSI has no value for an empty bin; everybody who uses it invents a floor, as here.
    before, after = np.clip(shares[0::2], 1e-4, None), np.clip(shares[1::2], 1e-4, None)
    psi = ((before - after) * np.log(before / after)).sum(axis=1)
    return float(psi.mean()), float((psi > 0.1).mean()), float((psi > 0.2).mean())


def compute(*, quick: bool = False) -> list[Figure]:
    """All figures; the tolerance covers three standard errors of both simulations and half a digit."""
    rng = np.random.default_rng(1997)
    years, times = (1500, 400) if quick else (20_000, 4000)
    figures = []
    for pupils, published in EVER_BY_TEST.items():
        tested, by_evidence = ever_alarmed(pupils, years, rng)
        figures.append(Figure(f"ever alarmed in a year, weekly exact test, {pupils} pupils", published, tested, 0.05))
        figures.append(
            Figure(f"ever alarmed in a year, e-values, {pupils} pupils", EVER_BY_EVIDENCE, by_evidence, 0.012)
        )
    for rate, weeks in FOUND_IN_WEEK.items():
        for pupils, week in weeks.items():
            found = weeks_to_detection(rate, pupils, years, rng)
            figures.append(Figure(f"week in which 0.25 -> {rate} is found, {pupils} pupils", week, found, 1))
    for pupils, published_psi in PSI.items():
        computed = psi_of_nothing(pupils, times, rng)
        names = ("mean PSI", "PSI > 0.1", "PSI > 0.2")
        for name, stated, value in zip(names, published_psi, computed, strict=True):
            figures.append(
                Figure(f"{name} where nothing changed, {pupils} pupils", stated, value, 0.06 if quick else 0.03)
            )
    for pupils, points in DETECTABLE.items():
        value = 100 * power.detectable_difference(BASELINE, pupils, pupils, level=0.975)
        figures.append(Figure(f"detectable change in points, {pupils} pupils", points, value, 0.5))
    return figures
