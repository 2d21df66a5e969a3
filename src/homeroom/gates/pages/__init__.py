"""The page of a gate run: its documents as one HTML file that anybody can open, read aloud, print and keep.

Lives here: view models (``views``), the words that people read (``words``), drawings (``strips``, ``curves``, ``bars``), template and style.
Does not: rules and queries; no verdict is made or changed here, and nothing is read but the documents that are handed in.
May import: ``domain``, the documents and tables of ``gates``, Jinja. No clock, no network, no file but its own templates.
"""
