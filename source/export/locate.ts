import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConnectError } from '../../connectors/errors.ts';

/** An object in S3, or a file: then `bucket` is null and `key` the absolute path. */
export interface Location {
  readonly bucket: string | null;
  readonly key: string;
}

/**
 * Reads `s3://bucket/key` or `file:///path`. An S3 key stands as it is, without percent signs decoded, as in the AWS CLI.
 *
 * @throws ConnectError EXPORT_MANIFEST_MISSING
 */
export function parseLocation(url: string): Location {
  const s3 = /^s3:\/\/([^/]+)\/(.+)$/s.exec(url);
  if (s3 !== null) return { bucket: s3[1]!, key: s3[2]! };
  if (url.startsWith('file:///')) {
    try {
      return { bucket: null, key: fileURLToPath(url) };
    } catch (error) {
      throw new ConnectError('EXPORT_MANIFEST_MISSING', `${url} is no URL of a file`, { cause: error });
    }
  }
  throw new ConnectError('EXPORT_MANIFEST_MISSING', `${url} is neither s3://bucket/… nor file:///…`);
}

/** The URL that {@link parseLocation} reads. */
export function urlOf({ bucket, key }: Location): string {
  return bucket === null ? pathToFileURL(key).href : `s3://${bucket}/${key}`;
}

/** Everything up to the last slash, with it; empty where there is none. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

/** Another object in the same folder. */
export function beside(location: Location, name: string): Location {
  return { bucket: location.bucket, key: folderOf(location.key) + name };
}

/** How the keys in a manifest lead to objects. */
export type Placement =
  /** Absolute in the bucket, as AWS writes them; below the directory that stands for the bucket, for files. */
  | 'given'
  /** Relative to the folder of the manifest, as scylla-migrator writes them. */
  | 'relative'
  /** Absolute, of an export that was copied elsewhere since: the same way from the manifest's folder. */
  | 'moved';

/** Where one export lies, and where it says it lies. */
export interface ExportPlace {
  /** manifest-summary.json. */
  readonly summary: Location;
  /** The export's own folder as its manifest names it, with the slash; empty where keys are relative. */
  readonly ownFolder: string;
}

/**
 * The tail of a key below the export's folder, or below the folder that it shares with others, as `data/x.json.gz`; the key
 * itself where it lies elsewhere.
 */
export function tailOf({ ownFolder }: ExportPlace, key: string): string {
  return key.slice((isBelow(ownFolder, key) ? ownFolder : sharedBy(ownFolder, key)).length);
}

/**
 * The folder above an export's own, where the key lies below it, else ''. Incremental exports have their data files there,
 * all of them in one (DynamoDB developer guide, DynamoDB table export output format).
 */
function sharedBy(ownFolder: string, key: string): string {
  const above = parentOf(ownFolder);
  return isBelow(above, key) ? above : '';
}

function isBelow(folder: string, key: string): boolean {
  return folder !== '' && key.startsWith(folder);
}

/** `a/b/` → `a/`. */
function parentOf(folder: string): string {
  return folderOf(folder.slice(0, -1));
}

/** Where a key leads under a placement; null where that placement cannot be meant. */
export function locate(place: ExportPlace, placement: Placement, key: string): Location | null {
  const { summary, ownFolder } = place;
  const folder = folderOf(summary.key);
  const at = (path: string): Location => ({ bucket: summary.bucket, key: path });
  if (placement === 'relative') return at(folder + key);
  if (placement === 'moved') {
    if (isBelow(ownFolder, key)) return at(folder + tailOf(place, key));
    return sharedBy(ownFolder, key) === '' ? null : at(parentOf(folder) + tailOf(place, key));
  }
  if (isAtHome(place)) return at(folder.slice(0, folder.length - ownFolder.length) + key);
  return summary.bucket === null ? null : at(key);
}

/** The placements that are possible for a key, likeliest first; one alone needs no look whether the object is there. */
export function placementsOf(place: ExportPlace, key: string): readonly Placement[] {
  if (isAtHome(place) && tailOf(place, key) !== key) return ['given'];
  const all: readonly Placement[] = ['given', 'relative', 'moved'];
  return all.filter((placement) => locate(place, placement, key) !== null);
}

// The manifest lies where its own key says, in its bucket or below a directory that a bucket was copied to.
function isAtHome({ summary, ownFolder }: ExportPlace): boolean {
  return ownFolder !== '' && `/${folderOf(summary.key)}`.endsWith(`/${ownFolder}`);
}

/** Keys come from a file: none may lead out of the folders they are joined to. */
export function isPlainKey(key: string): boolean {
  return (
    key !== '' &&
    !key.startsWith('/') &&
    !key.includes('\0') &&
    key.split('/').every((part) => part !== '..' && part !== '.')
  );
}
