import { Agent, request } from 'undici';

/** Who answers at an endpoint. */
export type Service = 'alternator' | 'other' | 'nobody';

/**
 * Tells Alternator from DynamoDB and its other stand-ins, whose batches and limits differ: it alone answers `/localnodes`
 * with a list, perhaps an empty one (ScyllaDB alternator/server.cc).
 */
export async function recognise(
  endpoint: string,
  options: { readonly ca: string | undefined; readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<Service> {
  const { ca, signal, timeoutMs = 3000 } = options;
  const dispatcher = new Agent({ connect: { timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) } });
  try {
    const timely = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const { statusCode, body } = await request(`${endpoint}/localnodes`, { dispatcher, signal: timely });
    const text = await body.text();
    return statusCode === 200 && isList(text) ? 'alternator' : 'other';
  } catch {
    signal.throwIfAborted();
    return 'nobody';
  } finally {
    await dispatcher.destroy();
  }
}

function isList(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}
