"""The items of a `slim.dataset.Dataset`, example after example: `slim.dataset_data_provider.DatasetDataProvider`."""

from tenseur.contrib.slim.python.slim.data import data_provider, parallel_reader


class DatasetDataProvider(data_provider.DataProvider):
    """Gives the next example in every run, which readers have put in a queue.

        provider = slim.dataset_data_provider.DatasetDataProvider(dataset)
        image, label = provider.get(["image", "label"])
    """

    def __init__(self, dataset, num_readers=1, reader_kwargs=None, shuffle=True, num_epochs=None, common_queue_capacity=256,
                 common_queue_min=128, record_key="record_key", seed=None, scope=None):
        key, data = parallel_reader.parallel_read(
            dataset.data_sources, reader_class=dataset.reader, num_epochs=num_epochs, num_readers=num_readers,
            reader_kwargs=reader_kwargs, shuffle=shuffle, capacity=common_queue_capacity, min_after_dequeue=common_queue_min,
            seed=seed, scope=scope)
        items = dataset.decoder.list_items()
        if record_key in items:
            raise ValueError(f"The item name used for the record key cannot also be used for a dataset item: {record_key}")
        items_to_tensors = dict(zip(items, dataset.decoder.decode(data, items)))
        items_to_tensors[record_key] = key
        super().__init__(items_to_tensors, num_samples=dataset.num_samples)
