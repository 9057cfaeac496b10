import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether an Authorization header shows the token: as `Bearer`, or as the password of `Basic`, which is all that many of Kafka
 * Connect's clients can send. How long it takes says nothing of the token.
 */
export function isAuthorized(header: string | undefined, token: string): boolean {
  const [, scheme, given] = /^(Bearer|Basic) +(\S+) *$/i.exec(header ?? '') ?? [];
  if (scheme === undefined || given === undefined) return false;
  const shown = scheme.toLowerCase() === 'basic' ? passwordOf(given) : given;
  return timingSafeEqual(digest(shown), digest(token));
}

/** What stands after the user's name (RFC 7617). */
function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
