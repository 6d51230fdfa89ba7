"""Credentials the clinic accepts orders from, as they stand behind a name."""

CREDENTIALS = ("MD", "DO", "DC", "NP", "PA", "DPM", "DDS")
