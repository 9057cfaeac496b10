import type { CoverageProof } from '../../connectors/catalog-records.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { prove } from '../../connectors/runtime/source/coverage.ts';
import { look, UNREAD } from '../../source/streams/horizon.ts';

/** What will be proven of coverage (rule C1), as far as one can tell before anything is read. */
export interface Outlook {
  /** It is proven, or will be. */
  readonly proven: boolean;
  /** Coverage reaches back to here, ms server time; null: none is claimed. */
  readonly fromMs: number | null;
  /** X, ms; null: the snapshot is yet to be taken, or is not known. */
  readonly exportMs: number | null;
}

export interface Known {
  readonly snapshotFrom: 'export' | 'manifest' | 'scan' | 'none';
  readonly captures: boolean;
  readonly slackMs: number;
  /** Of the current snapshot in the catalog. */
  readonly proof: CoverageProof | null;
  /** Of a capture that runs; null: none does. */
  readonly capturedFromMs: number | null;
  /** Null: there is no stream, or it is disabled; `migrate` would enable one. */
  readonly stream: { readonly createdMs: number | null } | null;
  /** X of the export that the file names. */
  readonly exportMs: number | null;
  readonly serverTimeMs: number;
}

export function outlook(known: Known): Outlook {
  const { proof, captures, snapshotFrom, slackMs, exportMs } = known;
  if (proof !== null) return { proven: proof.proven, fromMs: proof.fromMs, exportMs: proof.exportMs };
  if (!captures || snapshotFrom === 'none') return { proven: false, fromMs: null, exportMs };
  const fromMs = known.capturedFromMs ?? predictedMs(known);
  // A scan of ours begins, and an export is asked for, when capture is far enough ahead.
  if (snapshotFrom === 'scan' || snapshotFrom === 'export') return { proven: true, fromMs, exportMs: null };
  return { proven: exportMs !== null && prove(fromMs, slackMs, exportMs).proven, fromMs, exportMs };
}

/** Capture that begins now reads a shard from its trim horizon, and claims no more than what surely is kept. */
function predictedMs({ stream, serverTimeMs }: Known): number {
  if (stream === null) return serverTimeMs;
  return Math.max(stream.createdMs ?? serverTimeMs, look(UNREAD, '', serverTimeMs).coverageMs);
}

/** What `migrate` would refuse once it has read the stream; null: nothing, or it is not known. */
export function coverageProblem(table: string, known: Known): ConnectError | null {
  const { proven, fromMs, exportMs } = outlook(known);
  if (proven || fromMs === null || exportMs === null) return null;
  const time = (ms: number) => new Date(ms).toISOString();
  const stream = known.stream === null && known.capturedFromMs === null ? ' (it has no stream yet)' : '';
  return new ConnectError(
    'SOURCE_COVERAGE_UNPROVEN',
    `Changes of table ${table} can be captured since ${time(fromMs)} at the earliest${stream}, but the export of ` +
      `${time(exportMs)} needs them since ${time(exportMs - known.slackMs)} (snapshot.slackSeconds ${known.slackMs / 1000})`,
    { detail: { table, coverageFrom: time(fromMs), exportTime: time(exportMs) } },
  );
}
