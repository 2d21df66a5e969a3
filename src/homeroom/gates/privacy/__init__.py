"""The privacy gate: what a release may know, what it may be used for, and what it gives away.

Lives here: the purpose register and the rules of law as named checks (``duties``), the statement about a privacy budget, and what a
release reveals about whoever was in its training data. Which rules apply, packs say; a rule reads ``facts`` and nothing else.
"""
