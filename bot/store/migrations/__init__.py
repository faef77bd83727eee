"""Alembic's folder. Packaged with the code, so that an installed service can bring its own database up to date."""
