"""What makes items of a record: `slim.data_decoder.DataDecoder`."""

import abc


class DataDecoder(abc.ABC):
    """Makes tensors, by the names of items, of a record."""

    @abc.abstractmethod
    def decode(self, data, items):
        """The tensors of these items, in a list."""

    @abc.abstractmethod
    def list_items(self):
        """The names of all items."""
