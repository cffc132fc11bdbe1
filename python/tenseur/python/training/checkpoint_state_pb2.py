"""Which checkpoints a folder has."""

from tenseur.core import messages

messages.define(globals(), """
CheckpointState
  1 model_checkpoint_path string
  2 all_model_checkpoint_paths repeated string
  3 all_model_checkpoint_timestamps repeated double
  4 last_preserved_timestamp double
""")
