import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';

/** A key for localhost that signs itself, made with the JDK that runs Cassandra. */
export function certificate(directory: string): { readonly pfx: Buffer; readonly ca: string } {
  const keystore = join(directory, 'node.p12');
  const store = ['-keystore', keystore, '-storepass', 'password', '-alias', 'node'];
  const names = ['-dname', 'CN=node', '-ext', 'san=dns:localhost'];
  const made = [
    '-genkeypair',
    '-keyalg',
    'RSA',
    '-storetype',
    'PKCS12',
    '-validity',
    '30',
    ...names,
    ...store,
  ];
  execFileSync('keytool', made, { stdio: 'ignore' });
  return {
    pfx: readFileSync(keystore),
    ca: execFileSync('keytool', ['-exportcert', '-rfc', ...store]).toString(),
  };
}

/** Whatever one of them sends the other gets, until one closes. */
export function joined(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', () => {});
    from.on('close', () => to.destroy());
    from.pipe(to);
  }
}

export interface Listening extends AsyncDisposable {
  readonly port: number;
  /** Resolves with the first connection. */
  readonly accepted: Promise<void>;
  count(): number;
}

/** A server on a free port of the loopback; disposing closes its connections too. */
export async function listening(server: Server): Promise<Listening> {
  let count = 0;
  const sockets = new Set<Socket>();
  const accepted = new Promise<void>((resolve) => {
    server.on('connection', (socket: Socket) => {
      count += 1;
      sockets.add(socket);
      socket.on('error', () => {});
      resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    accepted,
    count: () => count,
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
