"""Answers over the Open Inference Protocol v2, with or without a line.

Lives here: ONNX sessions and group rates, hot swap, the protocol's JSON, the usage spool, the process.
Does not: what to answer from (the agent's plan), the store and its keys, rules of the ladder (``domain.ladder``).
Never logs or stores a feature value or a score; the spool holds counts only.
"""
