"""The district's operator: brings model versions to ``Ready``, waves to schools, and SchoolSites into the database.

Lives here: the sweep over SchoolSites, and for each kind gather and apply around a decision of
``domain``. Long work (download, intake, packaging, gates) runs in ``steps``, each one a step with a recorded output.
Does not: rules (``domain``), HTTP for people (``district.app``), anything that a school or hub runs.
May import: every layer below, kopf, ``district.database``, ``district.evaluations``, ``district.publishing``.

Nothing is remembered in memory that matters: a killed operator starts again and comes to the same digests.
"""
