"""What the fairness gate is made of: who is compared, the sums behind it, and a finding from each measure.

Everything that decides is computed from sums per school, so rows and the schools' own sums give the same verdicts.
Lives here: comparisons, sums, measures, sentences, tables of groups.
Does not: limits of other gates, pages, reading evaluation tables.
"""
