import { tokenEndpointProblem } from '../../connectors/kafka/sasl/token-endpoint.ts';
import type { Migration } from './defaults.ts';
import type { Finding, KeyPath } from './finding.ts';

type AwsCredentials = NonNullable<Migration['source']['credentials']>;

/** AWS credentials that lack what belongs to them. */
export function credentialFindings(path: KeyPath, credentials: AwsCredentials | undefined): Finding[] {
  if (credentials === undefined) return [];
  const { accessKeyId, secretAccessKey, sessionToken, roleArn, externalId } = credentials;
  const findings: Finding[] = [];
  const add = (key: string, message: string, remedy: string) =>
    findings.push({ path: [...path, key], at: 'key', message, remedy });
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const lacking = accessKeyId === undefined ? 'accessKeyId' : 'secretAccessKey';
    add(lacking, 'is missing', 'accessKeyId and secretAccessKey come together.');
  }
  if (sessionToken !== undefined && accessKeyId === undefined && secretAccessKey === undefined) {
    add('sessionToken', 'needs accessKeyId and secretAccessKey', 'Add them.');
  }
  if (externalId !== undefined && roleArn === undefined) {
    add('externalId', 'needs roleArn', 'Add the role, or remove externalId.');
  }
  return findings;
}

/** Logins to Kafka that cannot work, or would show a secret on the way. */
export function kafkaLoginFindings({ kafka: { sasl, ssl } }: Migration): Finding[] {
  const path = ['kafka', 'sasl'];
  if (sasl?.mechanism === 'oauthbearer') {
    const problem = tokenEndpointProblem(sasl.tokenEndpoint);
    const remedy = 'Name the https URL of the token endpoint, without a user name, a password or a fragment.';
    return problem === null
      ? []
      : [{ path: [...path, 'tokenEndpoint'], at: 'value', message: problem, remedy }];
  }
  if (sasl?.mechanism !== 'aws-iam') return [];
  const findings = credentialFindings([...path, 'credentials'], sasl.credentials);
  if (ssl !== undefined) return findings;
  // Amazon MSK serves IAM over TLS only (MSK developer guide: Port information).
  const message = 'aws-iam needs TLS, and kafka.ssl is missing';
  return [
    ...findings,
    { path: [...path, 'mechanism'], at: 'value', message, remedy: 'Add ssl: {} under kafka.' },
  ];
}
