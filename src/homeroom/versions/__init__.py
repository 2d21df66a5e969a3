"""Registered model versions: who made them, and their files.

Lives here: the one client that talks to MLflow, over REST, and the translation of its errors into ours.
Does not: the ``mlflow`` package (importing it takes seconds and 190 MB, and its loaders run what they load), any opinion
on what a file holds.
May import: ``domain``, httpx.
"""
