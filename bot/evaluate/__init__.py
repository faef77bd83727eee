"""`ujumbe eval`: asks the real bot questions whose answers are known, and says how well it did. Small files, in the order of the work:
arguments, sets (the questions), run (asking), judge (right or wrong), tally (rates), table and plot (showing), command (all of it)."""
