"""What the embedding projector shows."""

from tenseur.core import messages

messages.define(globals(), """
SpriteMetadata
  1 image_path string
  2 single_image_dim repeated uint32
EmbeddingInfo
  1 tensor_name string
  2 metadata_path string
  3 bookmarks_path string
  4 tensor_shape repeated uint32
  5 sprite SpriteMetadata
  6 tensor_path string
ProjectorConfig
  1 model_checkpoint_path string
  2 embeddings repeated EmbeddingInfo
  3 model_checkpoint_dir string
""")
