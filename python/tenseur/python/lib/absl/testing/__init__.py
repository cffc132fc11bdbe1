"""`absl.testing`."""
