import type { ExportOnDisk } from './export-files.ts';
import type { Shape } from './shapes.ts';

/** What a measured process is asked to do, as JSON on its command line. */
export type Job = PublishJob | WriteJob | BothJob | ReadJob;

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
export interface WriteJob {
  readonly variant: 'write-messina' | 'write-put-item' | 'write-document-batches';
  readonly brokers: string;
  readonly partitions: number;
  readonly shape: Shape;
  /** Messina: the migration whose topics are read. The usual loops: their topic. */
  readonly name: string;
  /** Tells runs of one variant apart: each reads from the beginning. */
  readonly run: string;
  readonly endpoint: string;
  /** Items of the topic; Messina writes all of them. */
  readonly items: number;
  readonly bytesPerItem: number;
  /** Messina: items of a request; null: its own default for the target. */
  readonly batchItems: number | null;
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
