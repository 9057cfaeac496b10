import type { Clock } from '../clock.ts';
import { ConnectError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { asKafkaError } from '../kafka/errors.ts';
import type { Logger } from '../log.ts';

export interface FirstContact {
  readonly bootstrapServers: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when nobody wants the worker any more. */
  readonly signal: AbortSignal;
}

/**
 * How long a worker that starts waits for Kafka, ms: it is often started beside its broker. Kafka Connect describes the cluster first
 * (ConnectUtils.lookupKafkaClusterId) and gives up when its admin client does: `default.api.timeout.ms`, a minute.
 */
const WAIT_MS = 60_000;

/**
 * Waits until a broker is reached. Each try of the client takes seconds and is told at `warn`.
 *
 * @throws KAFKA_UNREACHABLE after a minute; at once what waiting cannot mend, such as a wrong login; the signal's reason, at once,
 * when it aborts: a try that is under way then ends by itself once the client is closed
 */
export async function firstContact(
  kafka: Pick<KafkaClient, 'connect'>,
  { bootstrapServers, clock, log, signal }: FirstContact,
): Promise<void> {
  const servers = bootstrapServers.join(',');
  const deadlineMs = clock.monotonic() + WAIT_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await unlessAborted(kafka.connect(), signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asKafkaError(thrown);
      if (!error.retriable) throw error;
      const leftMs = deadlineMs - clock.monotonic();
      if (leftMs <= 0) {
        throw new ConnectError(
          'KAFKA_UNREACHABLE',
          `No broker of bootstrap.servers (${servers}) was reached within ${WAIT_MS / 1000} s: ${error.message}`,
          { cause: error, detail: { kafka: error.code } },
        );
      }
      log.warn(
        { code: error.code },
        `no broker of bootstrap.servers (${servers}) answers yet, tried for another ${Math.ceil(leftMs / 1000)} s: ${error.message}`,
      );
    }
  }
}

async function unlessAborted<T>(waited: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([waited, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
