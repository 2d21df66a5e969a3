"""Do a release's answers give away who was in its training data?

Two attackers guess, of one pupil who was in training and one who was not, which is which:

* one who sees the release's answers alone and takes the better answer for the sign of having been seen (Yeom et al. 2018);
* one who also trained the same kind of model without the pupil, and looks at how far the release's answer lies nearer to
  what came true (the difference that LiRA and difficulty calibration use: Carlini et al. 2022; Watson et al. 2022). The
  comparison is with the outcome of the pupil most like this one, of the same school and year group: what the release has
  learnt about such pupils, or about their school, is no secret of this one.

For a table of group rates the second attacker is reported and not limited: whoever knows everybody else of a group can work
the last one out of any average, and what guards averages is their smallest cell.
docs/explanation/leakage.md says what this shows and what it does not.
"""

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from homeroom.domain import digests, releases, verdicts
from homeroom.gates import tabulations, words
from homeroom.gates.evidence import FEWEST_SCHOOLS, Evidence, three_valued
from homeroom.gates.privacy import answers, circles
from homeroom.stats import bounds, clusters, power, rankings

GATE = "privacy"
CHECK = "privacy.membership"
ALONE, COMPARING = "from the answers alone", "knowing a model without the pupil"
SMALL = "pupils of small groups"


@dataclass(frozen=True, slots=True, eq=False)
class Attack:
    """What one attacker achieves on one stage, among some pupils.

    Attributes:
        stage: which rung.
        circle: among whom.
        how: ``ALONE`` or ``COMPARING``.
        area: share of pairs told apart; 0.5 is chance.
        replicates: shape (b,); the same in each resample of schools.
        limited: whether the policy's limit applies.
    """

    stage: releases.Stage
    circle: circles.Circle
    how: str
    area: float
    replicates: clusters.FloatArray
    limited: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """An attack with its bounds over schools."""

    attack: Attack
    low: float
    high: float
    spread: float


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict for each stage over all pupils, and one for each group over all stages; the better attacker counts."""
    known = answers.gather(evidence)
    judged = _judge(evidence)
    own = [_cannot_tell(evidence, found.stage) for found in known if found.are_its_own]
    return (*_by_stage(evidence, judged), *own, *_by_group(evidence, judged), *_small(evidence, judged))


def tabulate(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    """What each attacker achieves, of 100 pairs, among everybody and each group."""
    limit = evidence.policy.privacy.membership_limit
    rows = tuple(
        (
            found.attack.stage.value,
            _who(found.attack.circle),
            found.attack.how,
            100 * found.attack.area,
            100 * found.low,
            100 * found.high,
            100 * limit if found.attack.limited else None,
        )
        for found in _judge(evidence)
    )
    caption = (
        "Of 100 pairs of a pupil who was in training and one who was not, how many somebody would tell apart by guessing; "
        "50 is pure chance. Without a limit: reported only."
    )
    columns = ("stage", "among", "how", "told apart", "at least", "at most", "limit")
    return (tabulations.Table("privacy.membership", caption, columns, rows),)


@lru_cache(maxsize=1)
def _judge(evidence: Evidence) -> tuple[Judged, ...]:
    """Once for each run: verdicts and table ask for the same."""
    known = answers.gather(evidence)
    attacks = _attack_all(evidence, [found for found in known if not found.are_its_own])
    # Bounds that can fail the release hold together; what is only reported does not make the others wider.
    limited = [attack for attack in attacks if attack.limited]
    return (*_bound(limited), *(found for attack in attacks if not attack.limited for found in _bound([attack])))


def _bound(attacks: list[Attack]) -> list[Judged]:
    if not attacks:
        return []
    replicates = np.column_stack([attack.replicates for attack in attacks])
    # A resample without any pupil of a group knows nothing; it is left out of all comparisons alike.
    replicates = replicates[~np.isnan(replicates).any(axis=1)]
    found = bounds.one_sided(np.array([attack.area for attack in attacks]), replicates)
    return [
        Judged(attack, float(found.low[index]), float(found.high[index]), float(found.spread[index]))
        for index, attack in enumerate(attacks)
    ]


def _attack_all(evidence: Evidence, known: list[answers.Answers]) -> list[Attack]:
    few = circles.small(evidence)
    many = [circles.everybody(evidence), *circles.groups(evidence)]
    attacks = [_alone(evidence, found, circle) for found in known for circle in many]
    if few is not None and evidence.enough(few.rows):
        attacks += [_alone(evidence, found, few) for found in known]
    for circle in many:
        paired = answers.pair(evidence, circle)
        chosen = np.zeros(len(evidence.table), dtype=bool)
        chosen[paired[0]] = True
        if evidence.enough(chosen):
            attacks += [_comparing(evidence, found, circle, paired) for found in known]
    return attacks


def _alone(evidence: Evidence, found: answers.Answers, circle: circles.Circle) -> Attack:
    needed, rows = evidence.table.needed[circle.rows], np.flatnonzero(circle.rows)
    seen = answers.rightness(found.shipped[rows], needed)
    unseen = answers.rightness(found.unseen[rows], needed)
    return _attack(evidence, Attack(found.stage, circle, ALONE, 0.5, np.empty(0), limited=True), (seen, unseen), rows)


def _comparing(
    evidence: Evidence,
    found: answers.Answers,
    circle: circles.Circle,
    paired: tuple[clusters.IntArray, clusters.IntArray],
) -> Attack:
    rows, like = paired
    gain = partial(_gain, found.shipped[rows], found.unseen[rows])
    samples = gain(evidence.table.needed[rows]), gain(evidence.table.needed[like])
    blank = Attack(found.stage, circle, COMPARING, 0.5, np.empty(0), limited=found.is_model)
    return _attack(evidence, blank, samples, rows)


def _gain(shipped: clusters.FloatArray, unseen: clusters.FloatArray, needed: clusters.BoolArray) -> clusters.FloatArray:
    """How much nearer the shipped answer is to that outcome than the one of a model without the pupil."""
    return np.log(answers.rightness(shipped, needed)) - np.log(answers.rightness(unseen, needed))


def _attack(
    evidence: Evidence,
    blank: Attack,
    samples: tuple[clusters.FloatArray, clusters.FloatArray],
    rows: clusters.IntArray,
) -> Attack:
    site = evidence.table.site[rows]
    # Ties of floating point are ties of the decimals that the table holds.
    seen, unseen = rankings.place(*(np.round(sample, 6) for sample in samples))
    shape = len(evidence.table.sites), int(max(seen.max(), unseen.max())) + 1
    won, lost = rankings.count(seen, site, shape), rankings.count(unseen, site, shape)
    # The first weights are those of the data as they are.
    areas = rankings.area(won, lost, np.vstack([np.ones((1, shape[0])), evidence.weights]))
    return Attack(blank.stage, blank.circle, blank.how, float(areas[0]), areas[1:], blank.limited)


def _by_stage(evidence: Evidence, judged: tuple[Judged, ...]) -> list[verdicts.Verdict]:
    found = []
    for stage in evidence.stages:
        mine = [one for one in judged if _is_limited_on(one, stage) and _is_everybody(one)]
        if mine:
            worst = max(mine, key=partial(_badness, evidence))
            found.append(_verdict(evidence, worst, f"{stage.value}: who was in training"))
    return found


def _by_group(evidence: Evidence, judged: tuple[Judged, ...]) -> list[verdicts.Verdict]:
    found = []
    for group in dict.fromkeys(one.attack.circle.group for one in judged if one.attack.circle.group):
        mine = [one for one in judged if one.attack.limited and one.attack.circle.group == group]
        worst = max(mine, key=partial(_badness, evidence))
        subject = f"every stage: who was in training, among {worst.attack.circle.words}"
        found.append(_verdict(evidence, worst, subject))
    return found


def _small(evidence: Evidence, judged: tuple[Judged, ...]) -> list[verdicts.Verdict]:
    few = circles.small(evidence)
    if few is None:
        return []
    subject = f"every stage: who was in training, among {SMALL}"
    mine = [one for one in judged if one.attack.circle.group is None and not _is_everybody(one)]
    if mine:
        return [_verdict(evidence, max(mine, key=partial(_badness, evidence)), subject)]
    sentence = (
        f"We cannot tell yet whether the release gives away single pupils of small groups ({few.words}): even together "
        f"there are fewer than {evidence.minimum_cell} of them, or they went to fewer than {FEWEST_SCHOOLS} schools."
    )
    return [_without_numbers(evidence, subject, evidence.table.digest, sentence, _MORE_PUPILS)]


def _is_limited_on(found: Judged, stage: releases.Stage) -> bool:
    return found.attack.limited and found.attack.stage is stage


def _is_everybody(found: Judged) -> bool:
    return bool(found.attack.circle.rows.all())


def _who(circle: circles.Circle) -> str:
    return f"{SMALL} ({circle.words})" if circle.group is None and not circle.rows.all() else circle.words


def _outcome(evidence: Evidence, found: Judged) -> verdicts.Outcome:
    return three_valued(found.low, found.high, evidence.policy.privacy.membership_limit)


def _badness(evidence: Evidence, found: Judged) -> tuple[int, float]:
    return _outcome(evidence, found).severity, found.high


_MORE_PUPILS = "Evaluate on more pupils, or pool with other districts; small groups show what a model remembers first."
_CALMER = (
    "Train with fewer free parameters, stop earlier or add privacy noise, so that no single pupil leaves a trace; then "
    "evaluate and submit again."
)


def _verdict(evidence: Evidence, found: Judged, subject: str) -> verdicts.Verdict:
    attack, outcome = found.attack, _outcome(evidence, found)
    limit = evidence.policy.privacy.membership_limit
    detectable = power.detectable_from_error(found.spread)
    return verdicts.Verdict(
        gate=GATE,
        check=CHECK,
        subject=subject,
        outcome=outcome,
        sentence=_sentence(found, outcome, limit, detectable),
        evidence=evidence.table.digest,
        estimate=attack.area,
        low=found.low,
        high=found.high,
        limit=limit,
        rows=int(attack.circle.rows.sum()),
        detectable=detectable,
        action={verdicts.Outcome.FAIL: _CALMER, verdicts.Outcome.NOT_ENOUGH_EVIDENCE: _MORE_PUPILS}.get(outcome, ""),
    )


def _sentence(found: Judged, outcome: verdicts.Outcome, limit: float, detectable: float) -> str:
    attack = found.attack
    who = "" if attack.circle.rows.all() else f" among {_who(attack.circle)}"
    begins = {
        verdicts.Outcome.PASS: f"{words.capitalised(words.STAGES[attack.stage])} does not give away who was in its training data{who}",
        verdicts.Outcome.FAIL: f"{words.capitalised(words.STAGES[attack.stage])} gives away who was in its training data{who}",
    }.get(
        outcome, f"We cannot tell yet whether {words.STAGES[attack.stage]} gives away who was in its training data{who}"
    )
    return (
        f"{begins}: shown one pupil who was and one who was not, somebody would tell which is which in about "
        f"{words.of_hundred(attack.area)} of 100 tries (between {words.of_hundred(found.low)} and "
        f"{words.of_hundred(found.high)}), {attack.how}. 50 is pure chance, and at most {words.of_hundred(limit)} are "
        f"allowed; {max(1, round(100 * detectable))} more than chance would have been noticed."
    )


def _cannot_tell(evidence: Evidence, stage: releases.Stage) -> verdicts.Verdict:
    sentence = (
        f"We cannot tell whether {words.STAGES[stage]} gives away who was in its training data: the evaluation table holds its "
        "own answers, not those of a model that had not seen the pupils."
    )
    action = (
        "Score every row by a model that was trained without its pupil (and school), and submit that table; or say in the "
        "waiver's data plan that the model was never trained on these pupils."
    )
    subject = f"{stage.value}: who was in training"
    return _without_numbers(evidence, subject, evidence.table.digest, sentence, action)


def _without_numbers(
    evidence: Evidence, subject: str, read: digests.Digest, sentence: str, action: str
) -> verdicts.Verdict:
    return verdicts.Verdict(
        gate=GATE,
        check=CHECK,
        subject=subject,
        outcome=verdicts.Outcome.NOT_ENOUGH_EVIDENCE,
        sentence=sentence,
        evidence=read,
        limit=evidence.policy.privacy.membership_limit,
        action=action,
    )
