"""Our engine against llama-server and plain llama-cpp-python: one machine, one model file, the same prompts and tokens."""
