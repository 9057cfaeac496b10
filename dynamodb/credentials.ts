export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they end; absent: never. */
  readonly expiration?: Date;
}

/** Gives credentials that are valid for some minutes; called before every request, so answers from memory. */
export type CredentialProvider = () => Promise<Credentials>;

/** What a configuration may say; nothing at all means the SDK's default chain (environment, profile, container, instance). */
export type CredentialsOptions =
  | {
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string | undefined;
    }
  | {
      readonly roleArn: string;
      readonly externalId?: string | undefined;
      /** Who assumes the role; absent: the default chain. */
      readonly accessKeyId?: string | undefined;
      readonly secretAccessKey?: string | undefined;
      readonly sessionToken?: string | undefined;
    };

/**
 * The provider for a configuration.
 *
 * A role is assumed again before its hour ends, at AWS's own STS: an endpoint given for DynamoDB is not used for it.
 *
 * @param region where STS is asked
 */
export function credentialProvider(
  options: CredentialsOptions | undefined,
  region: string,
): CredentialProvider {
  const clientConfig = { region };
  if (options === undefined)
    return loaded(async () => (await providers()).fromNodeProviderChain({ clientConfig }));
  if (!('roleArn' in options)) {
    const credentials = keysOf(options);
    return () => Promise.resolve(credentials);
  }
  const { accessKeyId, secretAccessKey, sessionToken, roleArn, externalId } = options;
  const params = {
    RoleArn: roleArn,
    RoleSessionName: 'messina',
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
  };
  const assumer =
    accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { masterCredentials: keysOf({ accessKeyId, secretAccessKey, sessionToken }) };
  return loaded(async () =>
    (await providers()).fromTemporaryCredentials({ params, ...assumer, clientConfig }),
  );
}

/** Loaded when somebody needs a chain or a role: whoever has keys starts without it. */
const providers = () => import('@aws-sdk/credential-providers');

/** What the provider gives, which is made at the first call. */
function loaded(make: () => Promise<CredentialProvider>): CredentialProvider {
  let provider: Promise<CredentialProvider> | null = null;
  return remembered(async () => (await (provider ??= make()))());
}

function keysOf(keys: Extract<CredentialsOptions, { readonly secretAccessKey: string }>): Credentials {
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

// Providers refuse credentials that end within 5 minutes in the SDK too.
const RENEW_BEFORE_MS = 5 * 60_000;

/**
 * Keeps what `load` gave until 5 minutes before it ends; concurrent callers share one load.
 *
 * If renewing fails while the old ones still hold, the old ones are given: the next call tries again.
 */
export function remembered(load: CredentialProvider, nowMs: () => number = Date.now): CredentialProvider {
  let current: Credentials | null = null;
  let loading: Promise<Credentials> | null = null;

  const endsWithin = (ms: number): boolean => {
    if (current === null) return true;
    return current.expiration !== undefined && current.expiration.getTime() - nowMs() < ms;
  };
  const renew = async (): Promise<Credentials> => {
    try {
      current = await load();
    } catch (error) {
      if (current === null || endsWithin(0)) throw error;
    } finally {
      loading = null;
    }
    return current;
  };

  return () => {
    if (current !== null && !endsWithin(RENEW_BEFORE_MS)) return Promise.resolve(current);
    return (loading ??= renew());
  };
}
