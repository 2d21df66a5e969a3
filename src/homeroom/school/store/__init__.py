"""What a school keeps: one SQLite file, and blobs by digest beside it, all sealed.

Lives here: the database file, sealing, blobs, the queue of reports.
Does not: what is installed and why (``agent``), the network.
One connection, one thread, one process (decision 14): SQLite before 3.51.3 can corrupt a WAL with two.
"""
