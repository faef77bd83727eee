"""From the person's question to the answer at the provider, through the whole service, beside the engine alone on the same prompts."""
