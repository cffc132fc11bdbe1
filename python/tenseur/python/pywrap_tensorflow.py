"""What programs take from TensorFlow's native module: readers of checkpoints."""

from tenseur.python.training.py_checkpoint_reader import CheckpointReader, NewCheckpointReader  # noqa: F401
