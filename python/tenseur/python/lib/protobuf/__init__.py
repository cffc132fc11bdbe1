"""What programs use of `google.protobuf`: messages, and their text and JSON forms."""
