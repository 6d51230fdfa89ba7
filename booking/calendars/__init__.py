"""Other calendars: those that read the diary, and those it reads."""
