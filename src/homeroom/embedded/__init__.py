"""Starts and stops the real parts on one machine: API servers, registries, MLflow; for the demo and the tests.

Lives here: building the pinned tools, processes and their supervision, ports, the state directory, one module per part.
Does not: rules, tiers, anything that a production installation runs. Everything is synchronous, bound to loopback,
and has a deadline.
May import: the standard library, ``domain.errors``, ``kube``, ``trust.authority``.
"""
