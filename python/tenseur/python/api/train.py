"""Names of `tf`: train."""

API = {}
