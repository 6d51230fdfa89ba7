"""People waiting for a time to open up."""
