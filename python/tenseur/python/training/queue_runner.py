"""Where TensorFlow has its runners of queues too."""

from tenseur.python.training.queue_runner_impl import QueueRunner, add_queue_runner, start_queue_runners  # noqa: F401
