"""What a set of data is: `slim.dataset.Dataset`."""


class Dataset:
    """Where examples lie, how they are read and decoded, and how many there are.

    Args:
      data_sources: files, or a pattern for them.
      reader: a class of readers, such as `tf.TFRecordReader`.
      decoder: makes items of a record: a `TFExampleDecoder` or another DataDecoder.
      num_samples: how many examples there are.
      items_to_descriptions: what each item is, in words.
      kwargs: what else is to be known of the data, as attributes.
    """

    def __init__(self, data_sources, reader, decoder, num_samples, items_to_descriptions, **kwargs):
        kwargs.update(data_sources=data_sources, reader=reader, decoder=decoder, num_samples=num_samples,
                      items_to_descriptions=items_to_descriptions)
        self.__dict__.update(kwargs)
