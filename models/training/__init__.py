"""Trains small adapters (LoRA) for the default model out of the skill folders. See docs/training.md for the recipe."""
