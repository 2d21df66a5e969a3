"""What a hub remembers, in one SQLite file that its two processes share.

Lives here: assignments that wait or are offered (``bundles``), what the registry holds (``cache``), sealed reports on
their way and the acknowledgements that came back (``queue``). Does not: rules; ``domain.prefetch`` decides.
Every function takes the connection of a transaction that ``database.Database`` opened.
"""
