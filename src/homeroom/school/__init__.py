"""What runs at one school: the agent, its store, the serving process, and the operator of a school's own cluster.

Lives here: encrypted storage, fetching and installing what was assigned, answering, reporting, supervising the two.
Does not: rules of the ladder (``domain``), what signatures mean (``trust``), wire formats (``transport``).
May import: ``packaging``, ``transport``, ``kube`` and ``resources`` (operator only), ``trust``, ``processes``, ``domain``;
never another tier.
Reaches no mlflow, torch, pandas or sqlalchemy: footprint is a feature of a school's box.
"""
