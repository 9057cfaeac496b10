import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPem } from '../../../connectors/pem.ts';

const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

test('PEM material is the text itself, or what the named file holds', async () => {
  expect(await readPem(pem, 'kafka.ssl.ca', 'KAFKA_REFUSED')).toBe(pem);
  const folder = await mkdtemp(join(tmpdir(), 'messina-pem-'));
  await writeFile(join(folder, 'ca.pem'), pem);
  expect(await readPem(join(folder, 'ca.pem'), 'kafka.ssl.ca', 'KAFKA_REFUSED')).toBe(pem);
  await rm(folder, { recursive: true });
});

test('a file that cannot be read is named, with its key', async () => {
  await expect(readPem('/nowhere/ca.pem', 'target.tls.ca', 'TARGET_REFUSED')).rejects.toMatchObject({
    code: 'TARGET_REFUSED',
    message: 'The file of target.tls.ca cannot be read: /nowhere/ca.pem',
  });
});

test.each(['MIIEvQIBADANBg\nkqhkiG9w0BAQEF', 'swordfish'.repeat(40)])(
  'a key that lost its first line is not shown',
  async (key) => {
    const error: unknown = await readPem(key, 'kafka.ssl.key', 'KAFKA_REFUSED').catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'KAFKA_REFUSED' });
    expect(String(error)).toContain('kafka.ssl.key is neither PEM text');
    expect(String(error)).not.toMatch(/MIIE|swordfish/);
  },
);
