"""How an evaluation table is read: bytes, heading, blocks of lines, cells, pupils who come again.

Lives here: everything that refuses a table, in words that name the line and the column and quote nothing of a pupil.
``gates.tables`` puts it together. Does not: what the rows mean, which is for whoever judges them. Storing a table needs the
bytes and the heading only, so those two load no pandas.
"""
