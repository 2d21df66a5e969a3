"""Pages for people: one frozen view model per page, one template each, one stylesheet, nothing from outside.

Lives here: view models (``pages``), the words that people read (``words``), templates and styles, rendering.
Does not: rules, queries, who may see what; whoever serves a page builds its view model.
May import: ``domain``, ``resources``, the marks and words of ``gates.pages``, Jinja.
"""
