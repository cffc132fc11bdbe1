"""Events: the records of event files."""

from tenseur.core import messages
from tenseur.core.framework import summary_pb2  # noqa: F401

messages.define(globals(), """
enum WorkerHealth
  OK=0 RECEIVED_SHUTDOWN_SIGNAL=1 INTERNAL_ERROR=2 SHUTTING_DOWN=3
enum WorkerShutdownMode
  DEFAULT=0 NOT_CONFIGURED=1 WAIT_FOR_COORDINATOR=2 SHUTDOWN_AFTER_TIMEOUT=3
Event
  1 wall_time double
  2 step int64
  3 file_version string in what
  4 graph_def bytes in what
  5 summary Summary in what
  6 log_message LogMessage in what
  7 session_log SessionLog in what
  8 tagged_run_metadata TaggedRunMetadata in what
  9 meta_graph_def bytes in what
  10 source_metadata SourceMetadata
SourceMetadata
  1 writer string
LogMessage
  1 level LogMessage.Level
  2 message string
enum LogMessage.Level
  UNKNOWN=0 DEBUGGING=10 INFO=20 WARN=30 ERROR=40 FATAL=50
SessionLog
  1 status SessionLog.SessionStatus
  2 checkpoint_path string
  3 msg string
enum SessionLog.SessionStatus
  STATUS_UNSPECIFIED=0 START=1 STOP=2 CHECKPOINT=3
TaggedRunMetadata
  1 tag string
  2 run_metadata bytes
WatchdogConfig
  1 timeout_ms int64
RequestedExitCode
  1 exit_code int32
WorkerHeartbeatRequest
  1 shutdown_mode WorkerShutdownMode
  2 watchdog_config WatchdogConfig
  3 exit_code RequestedExitCode
WorkerHeartbeatResponse
  1 health_status WorkerHealth
  2 worker_log repeated Event
  3 hostname string
""")
