"""Places: what people type, what is near, what an alert covers."""
