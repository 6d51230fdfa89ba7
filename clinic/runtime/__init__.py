"""Start, watch and stop the whole product: `python -m clinic.runtime COMMAND` (see docs/run.md).

Runs before Django is configured: it imports the standard library and, late, a few small packages.
"""
