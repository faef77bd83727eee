"""Fault runs: what becomes of messages when the provider and the line do their worst."""
