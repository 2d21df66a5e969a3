"""Bulk channel: blobs and manifests by digest, over the OCI distribution protocol.

Lives here: the client - push, pull with resume, digest check, link budget - for an existing registry.
Does not: a registry, what an artifact contains (``packaging``), trust (whoever asks for a digest knows why).
"""
