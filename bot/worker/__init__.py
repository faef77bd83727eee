"""The back office: Celery workers, one process per lane, and their clock. Celery is known here and nowhere else."""
