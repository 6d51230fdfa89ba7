"""Joining two records of one person, and parting them again: docs/adr/0009-merging-clients.md.

floors.py    what each floor has to say about it; none is imported from here
rows.py      which rows hang on a client, and moving them
changes.py   what had to change besides, so that it can be put back
services.py  merge, undo
"""
