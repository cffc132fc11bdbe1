"""Recurrent networks over lists, under their old names."""

from tenseur.python.ops.rnn import (  # noqa: F401
    static_bidirectional_rnn, static_rnn, static_state_saving_rnn)
