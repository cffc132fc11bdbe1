"""Devices."""

from tenseur.core import messages

messages.define(globals(), """
InterconnectLink
  1 device_id int32
  2 type string
  3 strength int32
LocalLinks
  1 link repeated InterconnectLink
DeviceLocality
  1 bus_id int32
  2 numa_node int32
  3 links LocalLinks
DeviceAttributes
  1 name string
  2 device_type string
  4 memory_limit int64
  5 locality DeviceLocality
  6 incarnation fixed64
  7 physical_device_desc string
  8 xla_global_id int64
""")
