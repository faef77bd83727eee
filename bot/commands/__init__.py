"""The `ujumbe` command's parts, by who uses them. What a command does is in its own room; here is only how it is called."""
