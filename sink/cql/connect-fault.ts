import cassandra from 'cassandra-driver';
import { ConnectError } from '../../connectors/errors.ts';
import { contactPoint } from './contact-points.ts';
import { cqlError, innerErrors } from './faults.ts';
import type { ClusterOptions } from './options.ts';

/** Why a cluster cannot be used at all, by the names that the user wrote; without a password. */
export function connectFault(error: unknown, options: ClusterOptions): unknown {
  if (!(error instanceof cassandra.errors.NoHostAvailableError)) return cqlError(error, null);
  const inner = innerErrors(error);
  const refused = inner.find(([, reason]) => reason instanceof cassandra.errors.AuthenticationError);
  if (refused !== undefined) {
    const [node] = refused;
    const message =
      options.username === undefined
        ? `Node ${node} asks for a user name and a password: give target.username and target.password`
        : `Node ${node} refuses user "${options.username}" or its password (target.username, target.password)`;
    return new ConnectError('TARGET_ACCESS_DENIED', message, { cause: error, detail: { node } });
  }
  const names = options.contactPoints.map(contactPoint).join(', ');
  const reasons =
    inner.length === 0
      ? 'no name of a contact point is known'
      : inner.map(([address, reason]) => `${address}: ${reasonOf(reason)}`).join('; ');
  return new ConnectError('TARGET_UNREACHABLE', `No node answers at ${names} (${reasons})`, { cause: error });
}

function reasonOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
