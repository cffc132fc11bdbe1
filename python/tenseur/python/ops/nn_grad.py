"""Imported by programs for its effect alone: the gradients of all ops are the engine's, and always there."""
