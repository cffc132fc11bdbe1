"""Pieces of memory."""

from tenseur.core import messages

messages.define(globals(), """
AllocationDescription
  1 requested_bytes int64
  2 allocated_bytes int64
  3 allocator_name string
  4 allocation_id int64
  5 has_single_reference bool
  6 ptr uint64
""")
