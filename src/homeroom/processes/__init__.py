"""What each process of every tier does in the same way, whatever it is for.

Lives here: reading settings from the environment. Does not: any setting itself (each tier's own ``settings``).
May import: ``domain``, pydantic; nothing heavy, because the smallest process of a school imports it.
"""
