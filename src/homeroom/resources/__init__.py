"""One typed model per kind of ``homeroom.dev``, and everything that is generated from it.

Lives here: pydantic models with their bounds and rules, condition types and reasons (both are API), the generator of
``crds/`` and of the reference page, and the manifests that a tier's API server needs before anything runs.
Does not: behaviour, I/O towards a cluster, decisions.
May import: ``domain``, pydantic; PyYAML only in ``generate`` and ``manifests``.
"""
