"""Keeps the agent and the serving process of one school running, wherever it runs.

Lives here: the ``Runtime`` interface and the one that starts local processes. Does not: what they do.
"""
