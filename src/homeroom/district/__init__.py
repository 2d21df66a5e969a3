"""The district tier: what decides, gates, approves, signs and shows.

Lives here: the operator (``operator``), the REST service with console and control channel (``app``), the district
database that both open (``database``), the private store of evaluation rows (``evaluations``).
Does not: rules (``domain``), the code that talks to a tool (one capability each), anything of another tier.
May import: every layer below, kopf, FastAPI, SQLAlchemy; never ``homeroom.hub`` or ``homeroom.school``.
"""
