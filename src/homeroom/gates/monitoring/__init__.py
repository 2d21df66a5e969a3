"""Watching over the school year: from sketches that schools send, never from rows.

A window is one school, year group and teaching week. ``rows`` and ``sketching`` make windows where the rows are, with numpy
alone; ``watches`` judges all windows of a district on one day. What is found goes through ``domain.changes``, which says what
to do. Windows compare with windows of the same phase of the school year; nothing alarms when school is out.
"""
