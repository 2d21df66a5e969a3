"""The regional hub: it stages signed things near schools and carries sealed ones back, and nobody needs to trust it.

Two processes, one SQLite file between them (``store``), so that either can end without the other:

- ``relay`` speaks to schools: it hands out bundles that are *available*, takes sealed reports into a queue, forwards
  the queue to the district and keeps the district's signed acknowledgements for the schools.
- ``operator`` speaks to the district's other end and to the hub's own API server: it pulls new bundles, fills the
  hub's registry with every release that they name, and only then marks them available; it writes RegionalHub status.

The hub verifies no signature and holds no key of a school or of the district: what it can do wrong is be slow, and a
school's own endpoints list ends with the district. It can neither read nor forge a report, nor make a school lose one.
May import: ``transport``, ``packaging``, ``kube``, ``trust``, ``resources``, ``processes``, ``domain``; no other tier.
"""
