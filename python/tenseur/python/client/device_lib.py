"""The devices of this machine."""

import os

from tenseur.core.framework import device_attributes_pb2


def list_local_devices(session_config=None):
    """The processor, as DeviceAttributes."""
    return [device_attributes_pb2.DeviceAttributes(name="/device:CPU:0", device_type="CPU", memory_limit=_memory(), incarnation=1)]


def _memory():
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 256 << 20
