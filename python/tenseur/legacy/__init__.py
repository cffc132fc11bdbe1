"""Repairs what died under old programs besides TensorFlow: Python 2, TensorFlow 0, and names that libraries removed."""
