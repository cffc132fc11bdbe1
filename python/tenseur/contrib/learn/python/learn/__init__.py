"""`tf.contrib.learn`, under the name that its own files import it by."""

from tenseur.python.api.borrowed import lender

__getattr__ = lender(__name__)
