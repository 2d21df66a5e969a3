"""The two channels that join the tiers, and no third.

Lives here: ``control`` (assignments down, reports up: small, JSON, mutual TLS) and ``oci`` (blobs by digest), each with
its client, the server side of ours, deadlines, limits and the translation of the network's errors into ours.
Does not: what a message decides, who may run what, storage. Nothing here is trusted for content: whoever receives a
bundle or a blob checks its signature or digest.
May import: ``packaging``, ``trust``, ``domain``; httpx, FastAPI, uvicorn, zstandard.
"""
