"""Gates: from evidence and policy to verdicts, with a sentence for a principal behind each.

Verdict functions are plain: no clock, no network, randomness seeded from evidence and policy. They run in their own
limited process (``gates.job``), so the heavy tools (Fairlearn, Evidently, pandas) are imported there and nowhere else;
``gates.run`` starts that process. Rules that need no numbers live in ``domain``; numbers live in ``stats``.
Evaluation rows come in and never go out: reports hold digests, bounds and counts that are not under the minimum cell.
"""
