"""CAP's XML: read, written and signed here, and feeds fetched. What a message means is decided in bot.core.alert."""
