"""The scenario of ``make run``: a whole small district on one machine, and what must hold on the way.

Lives here: the order of things, the people of the example, the checks, the report.
Does not: any rule, any second implementation; every part is the one that production runs.
May import: the tiers, ``embedded`` and everything below.
"""
