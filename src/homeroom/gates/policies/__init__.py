"""What a release must meet: base <- packs <- the policy's own fields <- band <- school, where nothing gets looser than a pack.

Lives here: packs as data, the overlay, what contradicts what, how it is explained, how a policy is started.
Does not: the checks themselves (``gates.privacy``, ``gates.fairness``...), and when approvals stop (``domain``).
"""

from homeroom.gates.policies.overlays import Resolved, resolve

__all__ = ["Resolved", "resolve"]
