"""Parts of TensorFlow that are not there, with the nearest that there is."""

#: Namespace of `tf` → what it was for, and what does nearly the same.
ABSENT = {
    "contrib.boosted_trees": ("boosted decision trees", "tf.estimator.DNNClassifier and tf.estimator.LinearClassifier"),
    "contrib.cloud": ("BigQuery and Google's storage", "tf.data.TextLineDataset and tf.data.TFRecordDataset on local files"),
    "contrib.distribute": ("training on several machines", "one session, which uses every processor of this machine"),
    "contrib.gan": ("generative adversarial networks", "tf.losses, tf.variable_scope and two optimizers, as in most public GANs"),
    "contrib.quantize": ("training for integer inference", "tf.fake_quant_with_min_max_vars"),
    "contrib.tensor_forest": ("decision forests", "tf.estimator.DNNClassifier and tf.estimator.LinearClassifier"),
    "contrib.tensorrt": ("NVIDIA's TensorRT", "tf.graph_util.convert_variables_to_constants"),
    "contrib.lite": ("models for telephones", "tf.saved_model and tf.graph_util.convert_variables_to_constants"),
}


def told(path):
    """What is said of `path` (a namespace, or something in it); "" where it is none of these."""
    for namespace, (purpose, nearest) in ABSENT.items():
        if (path + ".").startswith(namespace + "."):
            return f"tf.{namespace} ({purpose}) is not there in tenseur; the nearest that there is: {nearest}"
    return ""
