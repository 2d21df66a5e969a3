"""Does a pupil's own row move the answer about that pupil to the right side?

The counterfactual of Feldman and Zhang (2020): how much nearer to what came true is an answer when the row was in training
than when it was not. A model that learnt something about *such* pupils, or about their school, moves for the outcome of a
pupil's neighbour as well; only what moves for the own outcome alone was remembered. With shipped and unseen answers p and
q, the own outcome y, and y' of the pupil most like this one (same school and year group):

    remembered = sum((p - q)(y - y')) / sum((y - y')^2 / 2)

It is 0 for a model that remembers nobody, whatever it learnt, and 1 for one that answers with the row itself. Times the share
of unseen answers on the wrong side it is the share of pupils whose own row puts theirs on the right one.

Models are limited. A table of group rates is reported: every average holds each of its rows, and what guards it is its
smallest cell.
"""

from functools import lru_cache

import numpy as np

from homeroom.domain import releases, verdicts
from homeroom.gates import tabulations, words
from homeroom.gates.evidence import Evidence
from homeroom.gates.privacy import answers, circles, leaks
from homeroom.stats import clusters

CHECK = "privacy.memorised"


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict for each stage: the group that it remembers most of."""
    limit, judged = evidence.policy.privacy.memorised_limit, _judge(evidence)
    found = []
    for one in answers.gather(evidence):
        mine = [entry for entry in judged if entry.leak.stage is one.stage]
        found.append(_verdict(evidence, leaks.worst(mine, limit)) if mine else _unknown(evidence, one))
    return tuple(found)


def tabulate(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    """What each stage remembers of everybody and of each group, in pupils of a thousand."""
    rows = tuple(
        (
            found.leak.stage.value,
            found.leak.circle.who,
            1000 * found.leak.share,
            1000 * found.low,
            1000 * found.high,
            1000 * evidence.policy.privacy.memorised_limit if found.leak.limited else None,
        )
        for found in _judge(evidence)
    )
    caption = (
        "Of 1000 pupils, how many would get the right answer only because their own row was in training. About 0 is "
        "nobody; by chance the number may be below."
    )
    columns = ("stage", "among", "remembered", "at least", "at most", "limit")
    return (tabulations.Table("privacy.memorised", caption, columns, rows),)


@lru_cache(maxsize=1)
def _judge(evidence: Evidence) -> tuple[leaks.Bounded, ...]:
    """Once for each run: verdicts and table ask for the same."""
    told_apart = [found for found in answers.gather(evidence) if not found.are_its_own]
    few = circles.small(evidence)
    looked_at = (circles.everybody(evidence), *circles.groups(evidence), *(() if few is None else (few,)))
    return leaks.bound(memory for circle in looked_at for memory in _remember(evidence, told_apart, circle))


def _remember(evidence: Evidence, known: list[answers.Answers], circle: circles.Circle) -> list[leaks.Leak]:
    rows, like = answers.pair(evidence, circle)
    own, others = (evidence.table.needed[index].astype(np.float64) for index in (rows, like))
    unlike = np.zeros(len(evidence.table), dtype=bool)
    unlike[rows] = own != others
    # Only pairs whose outcomes differ say anything.
    if not evidence.enough(unlike):
        return []
    possible = _sums(evidence, rows, (own - others) ** 2 / 2)
    found = []
    for one in known:
        moved = _sums(evidence, rows, (one.shipped[rows] - one.unseen[rows]) * (own - others))
        wrong = _share_on_the_wrong_side(evidence, one, circle)
        estimate = float(wrong * moved.sum() / possible.sum())
        replicates = wrong * _ratio(evidence, moved, possible)
        schools = int((possible > 0).sum())
        found.append(leaks.Leak(one.stage, circle, estimate, replicates, schools, limited=one.is_model))
    return found


def _sums(evidence: Evidence, rows: clusters.IntArray, values: clusters.FloatArray) -> clusters.FloatArray:
    return clusters.sum_by_cluster(evidence.table.site[rows], len(evidence.table.sites), values)


def _ratio(evidence: Evidence, moved: clusters.FloatArray, possible: clusters.FloatArray) -> clusters.FloatArray:
    total = evidence.weights @ possible
    ratio: clusters.FloatArray = np.full(len(total), np.nan)
    np.divide(evidence.weights @ moved, total, out=ratio, where=total > 0)
    return ratio


def _share_on_the_wrong_side(evidence: Evidence, found: answers.Answers, circle: circles.Circle) -> float:
    """At the operating point where it is largest."""
    wrong = [
        (evidence.offered(found.stage, threshold) != evidence.table.needed)[circle.rows].mean()
        for threshold in evidence.thresholds
    ]
    return float(max(wrong))


def _verdict(evidence: Evidence, found: leaks.Bounded) -> verdicts.Verdict:
    limit = evidence.policy.privacy.memorised_limit
    actions = {
        verdicts.Outcome.FAIL: "Train with fewer free parameters or stop earlier, so that no answer hangs on one pupil's row.",
        verdicts.Outcome.NOT_ENOUGH_EVIDENCE: "Evaluate on more pupils, or pool with other districts.",
    }
    sentence = _limited(found, limit) if found.leak.limited else _reported(found)
    subject = _subject(found.leak.stage)
    return leaks.judge(evidence, found, limit, check=CHECK, subject=subject, sentence=sentence, actions=actions)


def _reported(found: leaks.Bounded) -> str:
    memory = found.leak
    return (
        f"Of 1000 pupils about {_of_thousand(memory.share)} get the right answer from {words.STAGES[memory.stage]} only because "
        f"their own row is part of that rate (between {_of_thousand(found.low)} and {_of_thousand(found.high)}, among "
        f"{memory.circle.who}). Reported, not limited: a rate holds each of its pupils, and must be of enough of them."
    )


def _subject(stage: releases.Stage) -> str:
    return f"{stage.value}: what it remembers of single pupils"


def _limited(found: leaks.Bounded, limit: float) -> str:
    memory = found.leak
    stage, who = words.STAGES[memory.stage], memory.circle.who
    begins = {
        verdicts.Outcome.PASS: f"{words.capitalised(stage)} keeps no single pupil's row in mind",
        verdicts.Outcome.FAIL: f"{words.capitalised(stage)} keeps rows of single pupils in mind",
    }.get(found.outcome(limit), f"We cannot tell yet whether {stage} keeps rows of single pupils in mind")
    return (
        f"{begins}: of 1000 pupils about {_of_thousand(memory.share)} get the right answer only because their own row was in "
        f"training (between {_of_thousand(found.low)} and {_of_thousand(found.high)}, among {who}), and "
        f"{words.allowed(limit, 1000)}."
    )


def _of_thousand(share: float) -> str:
    return str(max(0, round(1000 * share)))


def _unknown(evidence: Evidence, found: answers.Answers) -> verdicts.Verdict:
    if found.are_its_own:
        outcome = verdicts.Outcome.NOT_APPLICABLE
        why = "the evaluation table holds its own answers; see who was in training."
    else:
        outcome = verdicts.Outcome.NOT_ENOUGH_EVIDENCE
        why = "there are too few pupils of one school and year group with different outcomes."
    return verdicts.Verdict(
        gate=leaks.GATE,
        check=CHECK,
        subject=_subject(found.stage),
        outcome=outcome,
        sentence=f"We cannot tell whether {words.STAGES[found.stage]} keeps rows of single pupils in mind: {why}",
        evidence=evidence.table.digest,
        limit=evidence.policy.privacy.memorised_limit,
        action="" if found.are_its_own else "Evaluate on more pupils, or pool with other districts.",
    )
