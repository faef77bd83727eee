"""The door: providers' webhooks over HTTP. aiohttp is known here and in the console, nowhere else."""
