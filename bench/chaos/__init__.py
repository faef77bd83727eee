"""Chaos runs: what becomes of people's messages while every part of the real service is killed at random, again and again."""
