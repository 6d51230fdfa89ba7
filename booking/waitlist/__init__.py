"""People who wait for a time to come free."""
