"""The pure heart: decisions about messages, without input or output. Standard library and rapidfuzz only."""
