"""Control channel: signed assignments go down, sealed reports come up.

Lives here: the messages, the client, the routers over ``SitePort`` and ``HubPort``, who the peer is by its certificate,
and how such an app is served. Does not: storage, signing, retry policies over days (the queues of school and hub).
Both ends state ``protocolVersion``; a mismatch is answered with 426 and a sentence that says which side is older.
"""
