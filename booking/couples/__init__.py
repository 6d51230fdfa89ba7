"""Two people at the same time, in one room."""
