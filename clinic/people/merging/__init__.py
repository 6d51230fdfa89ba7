"""Merging two records of one person, and unmerging them: docs/adr/0009-merging-clients.md.

registry.py  what each app says about its own rows; no app is imported from here
rows.py      which rows belong to a client, and moving them
changes.py   what else had to change, so that it can be restored
services.py  merge, undo
"""
