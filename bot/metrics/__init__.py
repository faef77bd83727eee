"""What each process counts and times, and how the gateway gathers it for Prometheus (docs/adr/0015). Never a number, never a text."""
