"""One table per channel (test_<name>.py); runner.py holds the rules that every channel gets checked against for free."""
