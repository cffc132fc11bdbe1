"""Where TPUs are: there are none here."""


class TPUClusterResolver:
    """Finds TPUs.

    Raises:
      NotImplementedError: always.
    """

    def __init__(self, tpu=None, zone=None, project=None, **_):
        raise NotImplementedError(f"tf.contrib.cluster_resolver.TPUClusterResolver: the TPU {tpu!r} was asked for, and there are none "
                                  "here; tf.contrib.tpu.TPUEstimator with use_tpu=False trains on this machine's processors")
