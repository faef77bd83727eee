"""Places of the configured countries: built at set-up from packages that hold the data (build), read here (file, gazetteer)."""
