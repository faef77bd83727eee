"""Channels: one file per provider, each only its wire format. Files that begin with "_" are shared by them."""
