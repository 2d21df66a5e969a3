"""Who may say what: keys, certificates, signed assignments and sealed reports.

Lives here: the certificate authority, signing and sealing keys, TUF metadata, envelopes, enrolment.
Does not: the network, Kubernetes, rules about releases or waves (``domain``), storage of what was verified.
May import: ``domain``, ``cryptography``, ``tuf``.
A check that says no raises ``errors.Refused`` with a reason; no function here answers with a bare False.
"""
