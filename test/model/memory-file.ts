/** As connectors/buckets/spill-file.ts, in memory: a real file takes real time. */
export class SpillFile implements AsyncDisposable {
  #bytes = Buffer.alloc(0);

  get size(): number {
    return this.#bytes.length;
  }

  get end(): number {
    return this.#bytes.length;
  }

  append(buffers: readonly Buffer[]): Promise<void> {
    this.#bytes = Buffer.concat([this.#bytes, ...buffers]);
    return Promise.resolve();
  }

  read(buffer: Buffer, position: number): Promise<void> {
    this.#bytes.copy(buffer, 0, position);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
