"""Access to a tier's Kubernetes API: objects, status, watches, leases.

Lives here: the one client that talks to an API server, the watch cache, conditions in their JSON form, leases, patience
with admission that is behind, and in ``kopf_watching`` alone how operators run Kopf. Does not: rules about what the
objects mean, starting API servers.
May import: ``resources``, ``domain``, the official ``kubernetes`` client (importing it takes about a second and
40 MB, so only processes that talk to an API server import this package).
"""
