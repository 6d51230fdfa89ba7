"""Plans of visits that are booked at once."""
