import { createServer } from 'node:net';

/**
 * Finds ports that are free on every given address, all different.
 *
 * From below the range that outgoing connections draw from (Linux: 32768 up): a service that is killed and started
 * again finds its port free, and a client that keeps dialling a closed port never connects to itself.
 */
export async function freePorts(
  count: number,
  addresses: readonly string[] = ['127.0.0.1'],
): Promise<number[]> {
  const found = new Set<number>();
  for (let attempt = 0; attempt < 500 && found.size < count; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port, addresses)) found.add(port);
  }
  if (found.size < count) throw new Error(`No ${count} free ports between 20000 and 32000`);
  return [...found];
}

async function isFree(port: number, addresses: readonly string[]): Promise<boolean> {
  for (const address of addresses) {
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, address, () => server.close(() => resolve(true)));
    });
    if (!free) return false;
  }
  return true;
}
