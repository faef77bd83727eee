"""Broadcast runs: what becomes of an alert to many people while parts of the real service are killed."""
