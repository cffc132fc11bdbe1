"""Names of `tf`: math."""

API = {}
