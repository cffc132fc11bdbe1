"""Names of `tf`: data."""

API = {}
