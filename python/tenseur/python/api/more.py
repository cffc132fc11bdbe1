"""Names of `tf`: more."""

API = {}
