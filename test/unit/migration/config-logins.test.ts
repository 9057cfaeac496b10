import { describe, expect, test } from 'vitest';
import { parse, problemsOf, validText } from './migration-text.ts';

const withKafka = (...lines: string[]) =>
  validText.replace('kafka:', ['kafka:', ...lines.map((line) => `  ${line}`)].join('\n'));
const oauth = (tokenEndpoint: string) =>
  `sasl: {mechanism: oauthbearer, tokenEndpoint: '${tokenEndpoint}', clientId: c, clientSecret: s, scope: kafka}`;

describe('logins to Kafka', () => {
  test('by oauthbearer and by aws-iam are taken', () => {
    expect(parse(withKafka(oauth('https://login.example.com/token'))).kafka.sasl).toMatchObject({
      mechanism: 'oauthbearer',
      scope: 'kafka',
    });
    const credentials = 'credentials: {roleArn: arn:aws:iam::1:role/r, externalId: e}';
    const text = withKafka('ssl: {}', `sasl: {mechanism: aws-iam, region: eu-west-1, ${credentials}}`);
    expect(parse(text).kafka.sasl).toMatchObject({ mechanism: 'aws-iam', region: 'eu-west-1' });
    expect(problemsOf(withKafka('ssl: {}', 'sasl: {mechanism: aws-iam}'))).toEqual([]);
  });

  test('send no secret in clear', () => {
    expect(problemsOf(withKafka(oauth('http://login.example.com/token')))).toMatchInlineSnapshot(`
      [
        "7:49 kafka.sasl.tokenEndpoint: would be told the client secret in clear: it must be https, or http on the loopback | Name the https URL of the token endpoint, without a user name, a password or a fragment.",
      ]
    `);
  });

  test('by aws-iam need TLS, and credentials that are whole', () => {
    const text = withKafka('sasl: {mechanism: aws-iam, credentials: {accessKeyId: a, externalId: e}}');
    expect(problemsOf(text)).toMatchInlineSnapshot(`
      [
        "7:21 kafka.sasl.mechanism: aws-iam needs TLS, and kafka.ssl is missing | Add ssl: {} under kafka.",
        "7:30 kafka.sasl.credentials.secretAccessKey: is missing | accessKeyId and secretAccessKey come together.",
        "7:60 kafka.sasl.credentials.externalId: needs roleArn | Add the role, or remove externalId.",
      ]
    `);
  });
});
