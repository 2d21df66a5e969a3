"""The district's service: REST and console for people, the control channel for schools and hubs.

Lives here: routes, who may call them, the proxy in front of MLflow, the ports of the control channel over the
database, and ``main``, the only place that builds the parts and joins them.
Does not: rules about releases and waves (``domain``, the operator), pages (``console``), tables (``district.database``).
May import: every layer below, FastAPI; never mlflow, evidently or fairlearn, which cost memory and are not needed.
"""
