import type { TestProject } from 'vitest/node';
import { startAllLocalServices } from '../local/services.ts';

/** Addresses of the services that all end-to-end tests share. */
export interface ServiceAddresses {
  /** `127.0.0.1:port` */
  readonly kafka: string;
  /** DynamoDB Local with test control: streams can be rolled over and aged. */
  readonly source: string;
  /** DynamoDB Local as the target's stand-in. */
  readonly target: string;
  readonly cassandra: {
    /** `127.0.0.1:port` */
    readonly contactPoint: string;
    readonly datacenter: string;
  };
  readonly s3: {
    readonly endpoint: string;
    readonly region: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
}

declare module 'vitest' {
  export interface ProvidedContext {
    services: ServiceAddresses;
  }
}

/** For services that live for minutes: compiling their code as well as Java can would take longer than it gains. */
const SHORT_LIVED = '-XX:TieredStopAtLevel=1';

/** Vitest's global setup: starts the services once for a run, and stops them after it. */
export default async function startServices(project: TestProject): Promise<() => Promise<void>> {
  // Read by every `java`: also by those that tests start themselves, in processes that have this environment.
  process.env['JDK_JAVA_OPTIONS'] = [process.env['JDK_JAVA_OPTIONS'], SHORT_LIVED].filter(Boolean).join(' ');
  const services = await startAllLocalServices({ source: { testControl: true } });
  const { kafka, source, target, cassandra, s3 } = services;
  project.provide('services', {
    kafka: kafka.bootstrap,
    source: source.endpoint,
    target: target.endpoint,
    cassandra: { contactPoint: cassandra.contactPoint, datacenter: cassandra.datacenter },
    s3: {
      endpoint: s3.endpoint,
      region: s3.region,
      accessKeyId: s3.accessKeyId,
      secretAccessKey: s3.secretAccessKey,
    },
  });
  return async () => {
    await services[Symbol.asyncDispose]();
  };
}
