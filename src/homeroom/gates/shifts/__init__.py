"""What the drift gate is made of: has anything changed between training and evaluation, or since earlier periods?

Lives here: one module for each question, which ``gates.drift`` puts together, what the pupils of each are compared with, and
their counts. Does not: limits of other gates, the training reference itself, schools that are watched while a release serves
(``gates.monitoring``).
"""
