"""`ujumbe provider-sim`: the stand-ins of tests/providers for people. A rehearsal with real HTTP and without a telco.

It plays the providers on this machine: shows what we send through them, and posts what is typed as they would post it.
"""

NAMES = ("at", "twilio", "meta", "android", "kannel", "jasmin", "http")  # whom it plays
