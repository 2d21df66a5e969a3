"""Reads school calendars where they are published and gives plain school years.

Lives here: one module for each kind of source (the holidays package, iCal, CSV, OneRoster, six questions), and how their
entries become school years. Does not: what a phase is, who stores the calendar, downloads.
May import: ``domain``; holidays, icalendar and dateutil, each in the module of its source only.
"""
