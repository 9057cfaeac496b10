/** Where the two services of one region, or of a stand-in, are reached; URLs without a path. */
export interface Endpoints {
  readonly tables: string;
  readonly streams: string;
}

/**
 * Endpoints for a region, or for an endpoint somebody gave.
 *
 * AWS serves streams under a host of their own (AWS General Reference: DynamoDB endpoints and quotas); DynamoDB Local
 * and Alternator serve both from one.
 */
export function resolveEndpoints(region: string, endpoint?: string): Endpoints {
  if (endpoint === undefined) {
    const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    return {
      tables: `https://dynamodb.${region}.${suffix}`,
      streams: `https://streams.dynamodb.${region}.${suffix}`,
    };
  }
  const url = new URL(endpoint);
  const isAws = /^dynamodb\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(url.hostname);
  return { tables: url.origin, streams: isAws ? `${url.protocol}//streams.${url.host}` : url.origin };
}
