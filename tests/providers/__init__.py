"""Stand-ins for the providers: real HTTP on loopback, with faults on demand, and their webhooks as they post them."""
