import { systemClock } from '../../connectors/clock.ts';
import { Cluster } from '../../sink/cql/cluster.ts';
import { createKeyspaceText } from '../../sink/cql/ddl.ts';
import { cqlOptions } from '../../sink/cql/options.ts';
import type { Session } from '../session.ts';

/** Creates the keyspace, which the operator of a cluster does and Messina never. */
export async function createKeyspace(
  session: Session,
  contactPoint: string,
  keyspace: string,
): Promise<void> {
  const { log, signal } = session;
  const options = cqlOptions.parse({ contactPoints: [contactPoint], keyspace, mappings: [] });
  await using cluster = await Cluster.open(options, { log, signal, clock: systemClock });
  await cluster.changeSchema(createKeyspaceText(keyspace, cluster.dataCenters, cluster.dialect));
}
