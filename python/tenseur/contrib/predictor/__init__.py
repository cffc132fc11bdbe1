"""Functions of saved models."""
