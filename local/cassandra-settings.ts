import { join } from 'node:path';

export interface CassandraAddress {
  readonly port: number;
  /** Of node to node; the only node talks to itself. */
  readonly storagePort: number;
}

/**
 * Cassandra's `cassandra.yaml`: one node that is its own seed, with small memory.
 *
 * One token, given, and no bootstrap: nothing waits for a ring. `batch` lets an acknowledged write survive SIGKILL, as
 * several replicas would; by default the last tenth of a second is lost. Limits that a client can meet (sizes of batches,
 * timeouts of writes) are Cassandra's own defaults; reads get longer, for a busy laptop.
 */
export function cassandraSettings(
  directory: string,
  address: CassandraAddress,
  authenticator: boolean,
): string {
  const settings = {
    cluster_name: 'local',
    num_tokens: 1,
    initial_token: '0',
    auto_bootstrap: false,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    endpoint_snitch: 'SimpleSnitch',
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: `127.0.0.1:${address.storagePort}` }],
      },
    ],
    listen_address: '127.0.0.1',
    rpc_address: '127.0.0.1',
    storage_port: address.storagePort,
    native_transport_port: address.port,
    authenticator: authenticator ? 'PasswordAuthenticator' : 'AllowAllAuthenticator',
    authorizer: authenticator ? 'CassandraAuthorizer' : 'AllowAllAuthorizer',
    data_file_directories: [join(directory, 'tables')],
    commitlog_directory: join(directory, 'commitlog'),
    saved_caches_directory: join(directory, 'saved_caches'),
    hints_directory: join(directory, 'hints'),
    cdc_raw_directory: join(directory, 'cdc_raw'),
    commitlog_sync: 'batch',
    commitlog_segment_size: '8MiB',
    memtable_heap_space: '96MiB',
    memtable_offheap_space: '64MiB',
    memtable_flush_writers: 1,
    concurrent_reads: 4,
    concurrent_writes: 4,
    concurrent_counter_writes: 2,
    concurrent_compactors: 1,
    file_cache_size: '32MiB',
    networking_cache_size: '16MiB',
    key_cache_size: '8MiB',
    // A dropped table would otherwise stay on the disk as a snapshot.
    auto_snapshot: false,
    read_request_timeout: '10000ms',
    range_request_timeout: '20000ms',
  };
  // JSON is YAML.
  return JSON.stringify(settings, null, 1);
}

/** Logback's configuration: warnings and worse go to standard output, and so into the service's log. */
export const cassandraLogging = `<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level %d{HH:mm:ss.SSS} %logger{1} - %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="out"/></root>
</configuration>
`;

/** Packages of the JDK that Cassandra uses beyond what modules allow (its own conf/jvm17-server.options). */
export const cassandraModules: readonly string[] = [
  ...[
    'java.base/java.lang.ref',
    'java.base/java.lang.reflect',
    'java.base/jdk.internal.misc',
    'java.management.rmi/com.sun.jmx.remote.internal.rmi',
    'java.rmi/sun.rmi.registry',
    'java.rmi/sun.rmi.server',
    'java.rmi/sun.rmi.transport.tcp',
    'java.sql/java.sql',
    'jdk.unsupported/sun.misc',
  ].map((name) => `--add-exports=${name}=ALL-UNNAMED`),
  ...[
    'java.base/java.io',
    'java.base/java.lang',
    'java.base/java.lang.module',
    'java.base/java.lang.reflect',
    'java.base/java.nio',
    'java.base/java.util',
    'java.base/java.util.concurrent',
    'java.base/java.util.concurrent.atomic',
    'java.base/jdk.internal.loader',
    'java.base/jdk.internal.math',
    'java.base/jdk.internal.module',
    'java.base/jdk.internal.ref',
    'java.base/jdk.internal.reflect',
    'java.base/jdk.internal.util.jar',
    'java.base/sun.nio.ch',
    'jdk.management/com.sun.management.internal',
  ].map((name) => `--add-opens=${name}=ALL-UNNAMED`),
];
