"""The agent: keeps one school running what it was told, whoever is upstream or not.

Lives here: polling, verifying, fetching stage by stage, handing over to serving, reporting.
Does not: answering, rules about releases and ladders (``decisions`` here and ``domain``).
Only this process opens the school's store (decision 14).
"""
