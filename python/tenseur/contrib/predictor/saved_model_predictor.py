"""Functions of saved models: `tf.contrib.predictor`."""

from tenseur.python.client import session as session_lib
from tenseur.python.framework import ops
from tenseur.python.saved_model import loader_impl, signature_constants, utils_impl


class Predictor:
    """A function from a dictionary of inputs to one of outputs: a saved model's signature."""

    def __init__(self, export_dir, signature_def_key=None, signature_def=None, tags=None, graph=None,
                 config=None):
        self._graph = graph or ops.Graph()
        with self._graph.as_default():
            self._session = session_lib.Session(graph=self._graph, config=config)
            meta = loader_impl.load(self._session, (tags or "serve").split(",") if not isinstance(tags, (list, tuple)) else tags, export_dir)
            if signature_def is None:
                key = signature_def_key or signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY
                if key not in meta.signature_def:
                    raise ValueError(f"Got signature_def_key \"{key}\". Available signatures are {sorted(meta.signature_def)}.")
                signature_def = meta.signature_def[key]
            self._feeds = {name: utils_impl.get_tensor_from_tensor_info(info, self._graph) for name, info in signature_def.inputs.items()}
            self._fetches = {name: utils_impl.get_tensor_from_tensor_info(info, self._graph)
                             for name, info in signature_def.outputs.items()}

    @property
    def graph(self):
        return self._graph

    @property
    def session(self):
        return self._session

    @property
    def feed_tensors(self):
        return self._feeds

    @property
    def fetch_tensors(self):
        return self._fetches

    def __call__(self, input_dict):
        unknown = set(input_dict) - set(self._feeds)
        if unknown:
            raise ValueError(f"Got unexpected keys in input_dict: {unknown}\nexpected: {list(self._feeds)}")
        return self._session.run(self._fetches, {self._feeds[name]: value for name, value in input_dict.items()})


def from_saved_model(export_dir, signature_def_key=None, signature_def=None, input_names=None, output_names=None, tags=None, graph=None,
                     config=None):
    """The function that a signature of the saved model is."""
    return Predictor(export_dir, signature_def_key, signature_def, tags, graph, config)
