import type { SaslSettings } from '../../config/settings.ts';
import { KafkaError } from '../errors.ts';
import type { SaslOptions } from '../kafkajs.ts';
import { type AwsKeys, awsIamTokens } from './aws-iam.ts';
import { OAuthToken } from './oauth-token.ts';
import { requestToken, tokenEndpointProblem } from './token-endpoint.ts';

/**
 * How a client logs in, from what a configuration says.
 *
 * AWS IAM goes over the mechanism OAUTHBEARER, which every MSK cluster with IAM takes and which renews its token for each
 * connection. The older one, AWS_MSK_IAM, is not in kafkajs: its mechanism `aws` is another, that needs a broker plugin.
 *
 * @param defaultCredentials for `aws-iam` without keys: the chain of the AWS SDK, which this room does not know
 * @throws KafkaError AUTHENTICATION_FAILED when the token endpoint is no place for a secret, or no AWS keys can be had
 */
export function saslOf(settings: SaslSettings, defaultCredentials?: () => Promise<AwsKeys>): SaslOptions {
  switch (settings.mechanism) {
    case 'oauthbearer': {
      const problem = tokenEndpointProblem(settings.tokenEndpoint);
      if (problem !== null) throw new KafkaError('AUTHENTICATION_FAILED', `the token endpoint ${problem}`);
      const token = new OAuthToken(() => requestToken(settings));
      return {
        mechanism: 'oauthbearer',
        oauthBearerProvider: async () => ({ value: await token.current() }),
        tokenTaken: (value) => token.taken(value),
        tokenRefused: (value) => token.refused(value),
      };
    }
    case 'aws-iam': {
      const { credentials } = settings;
      const keys = credentials === undefined ? defaultCredentials : () => Promise.resolve(credentials);
      if (keys === undefined) {
        throw new KafkaError('AUTHENTICATION_FAILED', 'AWS IAM needs credentials: none are configured');
      }
      return { mechanism: 'oauthbearer', oauthBearerProvider: awsIamTokens(settings.region, keys) };
    }
    default:
      return {
        mechanism: settings.mechanism,
        username: settings.username,
        password: settings.password,
      };
  }
}
