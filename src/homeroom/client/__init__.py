"""Clients for people and programs: the district's REST API, and a school's own box.

Lives here: requests, and turning refusals into our errors.
Does not: tables, waiting, what to do with an answer.
May import: ``domain`` and httpx.
"""
