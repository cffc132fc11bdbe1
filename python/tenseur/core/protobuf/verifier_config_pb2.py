"""Checks of graphs."""

from tenseur.core import messages

messages.define(globals(), """
VerifierConfig
  1 verification_timeout_in_ms int64
  2 structure_verifier VerifierConfig.Toggle
enum VerifierConfig.Toggle
  DEFAULT=0 ON=1 OFF=2
""")
