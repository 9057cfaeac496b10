/** Unknown: no worker of the group has its class. */
export type ConnectorType = 'source' | 'sink' | 'unknown';

/** Of a connector, or of a task, in Kafka Connect's words; STOPPED is a connector alone. */
export type State = 'UNASSIGNED' | 'RUNNING' | 'PAUSED' | 'FAILED' | 'RESTARTING' | 'STOPPED' | 'DESTROYED';
