"""Fuzzing of every webhook route over real HTTP: whatever comes, no 500, no unhandled exception, nothing taken from who proves nothing."""
