/** Keys of Kafka Connect's workers that change nothing here: they pass without a word. */
const quiet: readonly RegExp[] = [
  /^internal\.(key|value)\.converter(\.|$)/,
  /^(key|value|header)\.converter\./,
  /^plugin\.(discovery|version)$/,
  /^(producer|consumer|admin)\.(bootstrap\.servers|client\.id|security\.|sasl\.|ssl\.)/,
  /^exactly\.once\.source\.support$/,
  /^offset\.(flush\.timeout\.ms|storage\.file\.filename)$/,
  /^(connect\.protocol|scheduled\.rebalance\.max\.delay\.ms|inter\.worker\..+)$/,
  /^(worker\.(sync|unsync)\..+|topic\.creation\.enable|connector\.client\.config\.override\.policy)$/,
  /^(metric\.reporters|metrics\..+|auto\.include\.jmx\.reporter)$/,
  /^sasl\.(client\.callback\.handler\.class|login\..+|kerberos\..+)$/,
  /^(client\.dns\.lookup|connections\.max\.idle\.ms|metadata\..+|retry\.backoff\..+|request\.timeout\.ms)$/,
  /^(reconnect\.backoff\..+|(send|receive)\.buffer\.bytes|socket\.connection\..+)$/,
  /^config\.providers\.[^.]+\.class$/,
];

/** Keys that would mean something in Kafka Connect, and do not here. */
const unused: readonly RegExp[] = [
  /^(producer|consumer|admin)\./,
  /^config\.providers\.[^.]+\.param\./,
  /^(config|offset|status)\.storage\./,
  /^(listeners\.https\.)?ssl\./,
  /^(access\.control\..+|admin\.listeners|rest\.extension\.classes|response\.http\.headers\.config)$/,
  /^(security\.providers|sasl\.oauthbearer\..+)$/,
];

/** What becomes of a key that no schema knows. */
export function fateOf(key: string): 'quiet' | 'unused' | 'unknown' {
  if (quiet.some((pattern) => pattern.test(key))) return 'quiet';
  return unused.some((pattern) => pattern.test(key)) ? 'unused' : 'unknown';
}
