"""The hub's end for the district: pulls new assignments, fills the hub's registry, writes RegionalHub status.

Lives here: gathering (``changes``, ``checks``), applying (``fetching``, ``statuses``), the loops that join them
(``sweep``) and the process. Does not: rules (``domain.prefetch``, and ``conditions`` beside
its kind's reasons), anything that schools talk to (``hub.relay``). Everything is level-triggered: Kopf only wakes the
sweep, a missed event costs one poll interval.
"""
