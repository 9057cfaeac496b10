import type { ExportOnDisk } from './export-files.ts';
import type { Shape } from './shapes.ts';

/** What a measured process is asked to do, as JSON on its command line. */
export type Job = PublishJob | WriteJob | CqlWriteJob | BothJob | ReadJob;

/** Export files to Kafka. */
export interface PublishJob {
  readonly variant: 'publish-messina' | 'publish-usual';
  readonly brokers: string;
  readonly partitions: number;
  readonly export: ExportOnDisk;
  /** Messina: the migration's name. The usual loop: its topic. */
  readonly name: string;
  /** The usual loop ends after so long; Messina always publishes the whole. */
  readonly secondsMax: number;
}

/** Kafka to a DynamoDB API. */
export interface WriteJob extends ReadTopicJob {
  readonly variant: 'write-messina' | 'write-put-item' | 'write-document-batches';
  readonly endpoint: string;
  /** Messina: items of a request; null: its own default for the target. */
  readonly batchItems: number | null;
}

/** Kafka to CQL. */
export interface CqlWriteJob extends ReadTopicJob {
  readonly variant: 'write-cql-messina' | 'write-execute-concurrent';
  /** host:port */
  readonly contactPoint: string;
  /** Path of the mapping file. */
  readonly mapping: string;
}

/** What whoever reads a topic and writes elsewhere is told. */
export interface ReadTopicJob {
  readonly brokers: string;
  readonly partitions: number;
  readonly shape: Shape;
  /** Messina: the migration whose topics are read. The usual loops: their topic. */
  readonly name: string;
  /** Tells runs of one variant apart: each reads from the beginning. */
  readonly run: string;
  /** Items of the topic; Messina writes all of them. */
  readonly items: number;
  readonly bytesPerItem: number;
  readonly secondsMax: number;
}

/** Export files to Kafka and from there to a DynamoDB API, in one process: what `messina migrate` runs. */
export interface BothJob {
  readonly variant: 'migrate-messina';
  readonly brokers: string;
  readonly partitions: number;
  readonly export: ExportOnDisk;
  readonly name: string;
  readonly endpoint: string;
}

/** Lines of an export to records, in memory. */
export interface ReadJob {
  readonly variant: 'read-ion-messina' | 'read-ion-js' | 'read-json';
  readonly shape: Shape;
  readonly seconds: number;
}
