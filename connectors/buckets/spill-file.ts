import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectError } from '../errors.ts';

/**
 * Bytes that do not fit in memory: a file that only this process sees.
 *
 * It has no name any more once it is open, so it is gone with the process, however that ends. Costs nothing until
 * something is appended.
 */
export class SpillFile implements AsyncDisposable {
  #opening: Promise<FileHandle> | null = null;
  #end = 0;

  /** Bytes appended. */
  get size(): number {
    return this.#end;
  }

  /** Where the bytes that are appended next will stand. */
  get end(): number {
    return this.#end;
  }

  /** The place is taken at once, in the order of the calls; the buffers may be used again when it resolves. */
  async append(buffers: readonly Buffer[]): Promise<void> {
    let position = this.#end;
    for (const buffer of buffers) this.#end += buffer.length;
    const file = await this.#file();
    try {
      for (const buffer of buffers) {
        for (let done = 0; done < buffer.length; ) {
          const { bytesWritten } = await file.write(buffer, done, buffer.length - done, position);
          done += bytesWritten;
          position += bytesWritten;
        }
      }
    } catch (cause) {
      throw spillFault(cause);
    }
  }

  /** Fills the buffer with what stands from `position` on. */
  async read(buffer: Buffer, position: number): Promise<void> {
    const file = await this.#file();
    for (let done = 0; done < buffer.length; ) {
      const { bytesRead } = await file.read(buffer, done, buffer.length - done, position + done);
      if (bytesRead === 0) throw spillFault(new Error('a temporary file is shorter than what was written'));
      done += bytesRead;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opening = this.#opening;
    this.#opening = null;
    await (await opening?.catch(() => null))?.close();
  }

  #file(): Promise<FileHandle> {
    this.#opening ??= openNameless();
    return this.#opening;
  }
}

async function openNameless(): Promise<FileHandle> {
  try {
    const folder = await mkdtemp(join(tmpdir(), 'messina-'));
    try {
      // Keys are values of items: nobody else reads them.
      return await open(join(folder, 'spill'), 'wx+', 0o600);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (cause) {
    throw spillFault(cause);
  }
}

function spillFault(cause: unknown): ConnectError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ConnectError('LOCAL_DISK', `A temporary file in ${tmpdir()} failed: ${message}`, { cause });
}
