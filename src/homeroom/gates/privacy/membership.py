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

from functools import lru_cache, partial

import numpy as np

from homeroom.domain import releases, verdicts
from homeroom.gates import tabulations, words
from homeroom.gates.evidence import FEWEST_SCHOOLS, Evidence
from homeroom.gates.privacy import answers, circles, leaks
from homeroom.stats import clusters, rankings

CHECK = "privacy.membership"
ALONE, COMPARING = "from the answers alone", "knowing a model without the pupil"


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict for each stage over all pupils, and one for each group over all stages; the better attacker counts."""
    known = answers.gather(evidence)
    judged = _judge(evidence)
    unseen = [found.stage for found in known if not found.are_its_own]
    own = [_cannot_tell(evidence, found.stage) for found in known if found.are_its_own]
    return (*_by_stage(evidence, judged, unseen), *own, *_by_group(evidence, judged), *_small(evidence, judged))


def tabulate(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    """What each attacker achieves, of 100 pairs, among everybody and each group."""
    limit = evidence.policy.privacy.membership_limit
    rows = tuple(
        (
            found.leak.stage.value,
            found.leak.circle.who,
            found.leak.how,
            100 * found.leak.share,
            100 * found.low,
            100 * found.high,
            100 * limit if found.leak.limited else None,
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
def _judge(evidence: Evidence) -> tuple[leaks.Bounded, ...]:
    """Once for each run: verdicts and table ask for the same."""
    known = answers.gather(evidence)
    return leaks.bound(_attack_all(evidence, [found for found in known if not found.are_its_own]))


def _attack_all(evidence: Evidence, known: list[answers.Answers]) -> list[leaks.Leak]:
    few = circles.small(evidence)
    many = [
        circle for circle in (circles.everybody(evidence), *circles.groups(evidence)) if evidence.enough(circle.rows)
    ]
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


def _alone(evidence: Evidence, found: answers.Answers, circle: circles.Circle) -> leaks.Leak:
    needed, rows = evidence.table.needed[circle.rows], np.flatnonzero(circle.rows)
    seen = answers.rightness(found.shipped[rows], needed)
    unseen = answers.rightness(found.unseen[rows], needed)
    return leaks.Leak(found.stage, circle, *_attack(evidence, (seen, unseen), rows), limited=True, how=ALONE)


def _comparing(
    evidence: Evidence,
    found: answers.Answers,
    circle: circles.Circle,
    paired: tuple[clusters.IntArray, clusters.IntArray],
) -> leaks.Leak:
    rows, like = paired
    gain = partial(_gain, found.shipped[rows], found.unseen[rows])
    samples = gain(evidence.table.needed[rows]), gain(evidence.table.needed[like])
    told = _attack(evidence, samples, rows)
    return leaks.Leak(found.stage, circle, *told, limited=found.is_model, how=COMPARING)


def _gain(shipped: clusters.FloatArray, unseen: clusters.FloatArray, needed: clusters.BoolArray) -> clusters.FloatArray:
    """How much nearer the shipped answer is to that outcome than the one of a model without the pupil."""
    return np.log(answers.rightness(shipped, needed)) - np.log(answers.rightness(unseen, needed))


def _attack(
    evidence: Evidence, samples: tuple[clusters.FloatArray, clusters.FloatArray], rows: clusters.IntArray
) -> tuple[float, clusters.FloatArray, int]:
    """Share of pairs that are told apart, the same in each resample of schools, and the number of schools."""
    site = evidence.table.site[rows]
    # Ties of floating point are ties of the decimals that the table holds.
    seen, unseen = rankings.place(*(np.round(sample, 6) for sample in samples))
    shape = len(evidence.table.sites), int(max(seen.max(), unseen.max())) + 1
    won, lost = rankings.count(seen, site, shape), rankings.count(unseen, site, shape)
    # The first weights are those of the data as they are.
    areas = rankings.area(won, lost, np.vstack([np.ones((1, shape[0])), evidence.weights]))
    return float(areas[0]), areas[1:], len(np.unique(site))


def _by_stage(
    evidence: Evidence, judged: tuple[leaks.Bounded, ...], stages: list[releases.Stage]
) -> list[verdicts.Verdict]:
    found = []
    for stage in stages:
        mine = [one for one in judged if one.leak.limited and one.leak.stage is stage and one.leak.circle.is_everybody]
        subject = _subject(stage)
        found.append(_verdict(evidence, mine, subject) if mine else _too_few(evidence, stage, subject))
    return found


def _subject(stage: releases.Stage) -> str:
    return f"{stage.value}: who was in training"


def _too_few(evidence: Evidence, stage: releases.Stage, subject: str) -> verdicts.Verdict:
    sentence = (
        f"We cannot tell yet whether {words.STAGES[stage]} gives away who was in its training data: there are fewer than "
        f"{evidence.minimum_cell} pupils, or they went to fewer than {FEWEST_SCHOOLS} schools."
    )
    return _without_numbers(evidence, subject, sentence, _MORE_PUPILS)


def _by_group(evidence: Evidence, judged: tuple[leaks.Bounded, ...]) -> list[verdicts.Verdict]:
    found = []
    for group in dict.fromkeys(one.leak.circle.group for one in judged if one.leak.circle.group):
        mine = [one for one in judged if one.leak.limited and one.leak.circle.group == group]
        subject = f"every stage: who was in training, among {mine[0].leak.circle.words}"
        found.append(_verdict(evidence, mine, subject))
    return found


def _small(evidence: Evidence, judged: tuple[leaks.Bounded, ...]) -> list[verdicts.Verdict]:
    few = circles.small(evidence)
    if few is None:
        return []
    subject = f"every stage: who was in training, among {circles.SMALL}"
    mine = [one for one in judged if one.leak.circle.group is None and not one.leak.circle.is_everybody]
    if mine:
        return [_verdict(evidence, mine, subject)]
    sentence = (
        f"We cannot tell yet whether the release gives away single pupils of small groups ({few.words}): even together "
        f"there are fewer than {evidence.minimum_cell} of them, or they went to fewer than {FEWEST_SCHOOLS} schools."
    )
    return [_without_numbers(evidence, subject, sentence, _MORE_PUPILS)]


_MORE_PUPILS = "Evaluate on more pupils, or pool with other districts; small groups show what a model remembers first."
_CALMER = (
    "Train with fewer free parameters, stop earlier or add privacy noise, so that no single pupil leaves a trace; then "
    "evaluate and submit again."
)


def _verdict(evidence: Evidence, found: list[leaks.Bounded], subject: str) -> verdicts.Verdict:
    limit = evidence.policy.privacy.membership_limit
    worst = leaks.worst(found, limit)
    actions = {verdicts.Outcome.FAIL: _CALMER, verdicts.Outcome.NOT_ENOUGH_EVIDENCE: _MORE_PUPILS}
    return leaks.judge(
        evidence, worst, limit, check=CHECK, subject=subject, sentence=_sentence(worst, limit), actions=actions
    )


def _sentence(found: leaks.Bounded, limit: float) -> str:
    attack, outcome = found.leak, found.outcome(limit)
    who = "" if attack.circle.is_everybody else f" among {attack.circle.who}"
    begins = {
        verdicts.Outcome.PASS: f"{words.capitalised(words.STAGES[attack.stage])} does not give away who was in its training data{who}",
        verdicts.Outcome.FAIL: f"{words.capitalised(words.STAGES[attack.stage])} gives away who was in its training data{who}",
    }.get(
        outcome, f"We cannot tell yet whether {words.STAGES[attack.stage]} gives away who was in its training data{who}"
    )
    return (
        f"{begins}: shown one pupil who was and one who was not, somebody would tell which is which in about "
        f"{words.of_hundred(attack.share)} of 100 tries (between {words.against(found.low, limit)} and "
        f"{words.against(found.high, limit)}), {attack.how}. 50 is pure chance, and "
        f"{words.allowed(limit)}; {max(1, round(100 * leaks.detectable(found)))} more than chance would have been noticed."
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
    return _without_numbers(evidence, _subject(stage), sentence, action)


def _without_numbers(evidence: Evidence, subject: str, sentence: str, action: str) -> verdicts.Verdict:
    return verdicts.Verdict(
        gate=leaks.GATE,
        check=CHECK,
        subject=subject,
        outcome=verdicts.Outcome.NOT_ENOUGH_EVIDENCE,
        sentence=sentence,
        evidence=evidence.table.digest,
        limit=evidence.policy.privacy.membership_limit,
        action=action,
    )
