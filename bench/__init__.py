"""How fast booking is: `make bench`. docs/performance.md says what is measured and how."""
