"""What gives the items of a set of data: `slim.data_provider.DataProvider`."""


class DataProvider:
    """Item → the tensor that has its next value in every run."""

    def __init__(self, items_to_tensors, num_samples):
        self._items_to_tensors = items_to_tensors
        self._num_samples = num_samples

    def get(self, items):
        """The tensors of these items.

        Raises:
          ValueError: where there is no such item.
        """
        unknown = [item for item in items if item not in self._items_to_tensors]
        if unknown:
            raise ValueError(f"Items {unknown} are not there; there are {self.list_items()}")
        return [self._items_to_tensors[item] for item in items]

    def list_items(self):
        return list(self._items_to_tensors)

    def num_samples(self):
        return self._num_samples
