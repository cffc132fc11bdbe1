"""`google.protobuf.message`."""

from tenseur.core.messages import DecodeError, EncodeError, Error, Message  # noqa: F401
