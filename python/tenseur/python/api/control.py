"""Names of `tf`: control."""

API = {}
