"""Names of `tf`: nn."""

API = {}
