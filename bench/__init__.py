"""Benchmarks: each is a command that prints a table, with the day and the machine it was measured on."""
