import { lookup } from 'node:dns/promises';

/** The port of CQL where none is named (native_transport_port). */
export const DEFAULT_PORT = 9042;

/** Host and port of `host`, `host:port`, `::1` or `[::1]:port`. */
export function hostAndPort(
  address: string,
  defaultPort: number,
): { readonly host: string; readonly port: number } {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(address);
  if (bracketed) return { host: bracketed[1]!, port: Number(bracketed[2] ?? defaultPort) };
  const parts = address.split(':');
  if (parts.length !== 2) return { host: address, port: defaultPort };
  return { host: parts[0]!, port: Number(parts[1]) };
}

/** A contact point with its port, as the driver takes it and as messages show it. */
export function contactPoint(address: string): string {
  const { host, port } = hostAndPort(address, DEFAULT_PORT);
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What the driver calls a node: its IP address and port, without brackets. */
export function nodeAddress(host: string, port: number): string {
  return `${host}:${port}`;
}

/** All addresses that the names of contact points stand for; a name that nobody knows stands for none. */
export async function nodeAddresses(contactPoints: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await Promise.all(
    contactPoints.map(async (address) => {
      const { host, port } = hostAndPort(address, DEFAULT_PORT);
      const resolved = await lookup(host, { all: true }).catch(() => []);
      return resolved.map((entry) => nodeAddress(entry.address, port));
    }),
  );
  return new Set(found.flat());
}
