"""Alerts: what an authority says (cap), who may say it here (staff), and how it gets to people (broadcast)."""
