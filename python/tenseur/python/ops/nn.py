"""All of `tf.nn`: the modules on which it stands, under one name."""

from tenseur.python.ops.candidate_sampling_ops import (  # noqa: F401
    all_candidate_sampler, compute_accidental_hits, fixed_unigram_candidate_sampler, learned_unigram_candidate_sampler,
    log_uniform_candidate_sampler, uniform_candidate_sampler,
)
from tenseur.python.ops.ctc_ops import *  # noqa: F401, F403
from tenseur.python.ops.embedding_ops import (  # noqa: F401
    embedding_lookup, embedding_lookup_sparse, safe_embedding_lookup_sparse,
)
from tenseur.python.ops.math_ops import sigmoid, tanh  # noqa: F401
from tenseur.python.ops.nn_impl import *  # noqa: F401, F403
from tenseur.python.ops.nn_ops import *  # noqa: F401, F403


def __getattr__(name):
    """The recurrent networks, which are not needed by most of those who need this module."""
    from tenseur.python.ops import rnn, rnn_cell
    if name in ("rnn", "rnn_cell"):
        return {"rnn": rnn, "rnn_cell": rnn_cell}[name]
    if hasattr(rnn, name):
        return getattr(rnn, name)
    raise AttributeError(f"module 'tenseur.python.ops.nn' has no attribute '{name}'")
