"""Series of one length: `tf.keras.preprocessing.sequence`."""

import numpy as np

from tenseur.python.keras.utils.data_utils import Sequence


def pad_sequences(sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0):
    """Lists cut or filled to `maxlen`, at their beginnings unless said."""
    maxlen = max(len(row) for row in sequences) if maxlen is None else maxlen
    inner = next((np.asarray(row).shape[1:] for row in sequences if len(row)), ())
    made = np.full((len(sequences), maxlen, *inner), value, dtype=object if isinstance(value, str) else dtype)
    for place, row in enumerate(sequences):
        if not len(row):
            continue
        cut = np.asarray(row[-maxlen:] if truncating == "pre" else row[:maxlen], dtype=made.dtype)
        if padding == "post":
            made[place, :len(cut)] = cut
        elif padding == "pre":
            made[place, -len(cut):] = cut
        else:
            raise ValueError(f"Padding type \"{padding}\" not understood")
    return made


class TimeseriesGenerator(Sequence):
    """Batches of parts of a series, with the values that follow them."""

    def __init__(self, data, targets, length, sampling_rate=1, stride=1, start_index=0, end_index=None, shuffle=False,
                 reverse=False, batch_size=128):
        self.data, self.targets, self.length, self.sampling_rate = data, targets, length, sampling_rate
        self.stride, self.batch_size, self.reverse, self.shuffle = stride, batch_size, reverse, shuffle
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index

    def __len__(self):
        return (self.end_index - self.start_index + self.batch_size * self.stride) // (self.batch_size * self.stride)

    def __getitem__(self, index):
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        else:
            first = self.start_index + self.batch_size * self.stride * index
            rows = np.arange(first, min(first + self.batch_size * self.stride, self.end_index + 1), self.stride)
        samples = np.array([self.data[row - self.length:row:self.sampling_rate] for row in rows])
        targets = np.array([self.targets[row] for row in rows])
        return (samples[:, ::-1] if self.reverse else samples), targets
