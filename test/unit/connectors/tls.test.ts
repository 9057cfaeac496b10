import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTls, tlsSection } from '../../../connectors/tls.ts';

const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const section = (given: object) => tlsSection('TLS.').parse(given);

test('PEM material is the text itself, or what the named file holds', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'messina-tls-'));
  const cert = join(folder, 'cert.pem');
  await writeFile(cert, pem);
  const tls = await readTls(section({ ca: pem, cert }), 'kafka.ssl', 'KAFKA_REFUSED');
  expect(tls).toEqual({ ca: pem, cert: pem, rejectUnauthorized: true });
  await rm(folder, { recursive: true });
});

test('a section that names nothing trusts what Node trusts', async () => {
  const tls = await readTls(section({ rejectUnauthorized: false }), 'kafka.ssl', 'KAFKA_REFUSED');
  expect(tls).toEqual({ rejectUnauthorized: false });
});

test.each(['ca', 'cert', 'key'])('a file that cannot be read is named, with its key: %s', async (name) => {
  const tls = section({ [name]: `/nowhere/${name}.pem` });
  await expect(readTls(tls, 'target.tls', 'TARGET_REFUSED')).rejects.toMatchObject({
    code: 'TARGET_REFUSED',
    message: `The file of target.tls.${name} cannot be read: /nowhere/${name}.pem`,
  });
});

test.each(['MIIEvQIBADANBg\nkqhkiG9w0BAQEF', 'swordfish'.repeat(40)])(
  'a key that lost its first line is not shown',
  async (key) => {
    const reading = readTls(section({ key }), 'kafka.ssl', 'KAFKA_REFUSED');
    const error: unknown = await reading.catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'KAFKA_REFUSED' });
    expect(String(error)).toContain('kafka.ssl.key is neither PEM text');
    expect(String(error)).not.toMatch(/MIIE|swordfish/);
  },
);
