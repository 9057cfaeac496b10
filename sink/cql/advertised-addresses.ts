import cassandra from 'cassandra-driver';
import { hostAndPort, nodeAddress } from './contact-points.ts';

// The only translator that the driver's types let one extend; it would look names up, which is replaced here.
const { EC2MultiRegionTranslator } = cassandra.policies.addressResolution;

/** Where nodes are reached that tell other nodes' addresses (`target.addressTranslation`). */
export class AdvertisedAddresses extends EC2MultiRegionTranslator {
  readonly #translation: Readonly<Record<string, string>>;
  readonly #known = new Set<string>();

  /** @param translation from `host:port` or `host`, as nodes advertise them (IPv6 in brackets), to where they are. */
  constructor(translation: Readonly<Record<string, string>>) {
    super();
    this.#translation = translation;
  }

  /** Whether an address came from what nodes say of each other, and not from the contact points. */
  has(address: string): boolean {
    return this.#known.has(address);
  }

  override translate(address: string, port: number, callback: (address: string) => void): void {
    const written = address.includes(':') ? `[${address}]` : address;
    const translated = this.#wayTo(`${written}:${port}`) ?? this.#wayTo(written) ?? address;
    const reached = hostAndPort(translated, port);
    const known = nodeAddress(reached.host, reached.port);
    this.#known.add(known);
    callback(known);
  }

  #wayTo(address: string): string | undefined {
    return Object.hasOwn(this.#translation, address) ? this.#translation[address] : undefined;
  }
}
