"""The hub's end for schools: assignments that are ready, a queue for sealed reports, and its way to the district.

Lives here: ``SitePort`` over the store, the forwarding loop, the process. Does not: fetching releases and status of
RegionalHub (``hub.operator``), rules of its own. A hung or absent district never holds up an answer to a school: the
two meet only in the store.
"""
