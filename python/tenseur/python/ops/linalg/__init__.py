"""Linear algebra (`tf.linalg`)."""
