"""What a `tf.train.Saver` is."""

from tenseur.core import messages

messages.define(globals(), """
SaverDef
  1 filename_tensor_name string
  2 save_tensor_name string
  3 restore_op_name string
  4 max_to_keep int32
  5 sharded bool
  6 keep_checkpoint_every_n_hours float
  7 version SaverDef.CheckpointFormatVersion
enum SaverDef.CheckpointFormatVersion
  LEGACY=0 V1=1 V2=2
""")
