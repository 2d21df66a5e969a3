"""Decisions as plain functions of what was observed, and the values they are made of.

Lives here: frozen value types, ids, verdicts, conditions, ``decide_*`` functions, the error families.
Does not: clocks, randomness, environment, logging, I/O, Kubernetes dictionaries, third-party packages.
May import: the standard library.
"""
