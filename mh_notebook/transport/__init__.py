"""Bytes over aiohttp, and the one thread on which a blocking client's loop runs."""
