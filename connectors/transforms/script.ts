import { z } from 'zod';
import { CodecError } from '../../schemas/faults.ts';
import { Item } from '../../schemas/item.ts';
import { ConnectError } from '../errors.ts';
import { changedKey } from './keep-key.ts';
import { loadScript, type ScriptModule } from './script-module.ts';
import { type ItemOwner, transformPlugin } from './transform.ts';

/**
 * Lets a function of the user's say what becomes of each item, as DynamoDB JSON.
 *
 * Its file's bytes are what it means (rule C6): what it imports does not count, nor does where the file is.
 */
export const script = transformPlugin({
  name: 'Script',
  className: null,
  summary: 'Lets a JavaScript function say what becomes of each item.',
  options: z.strictObject({
    module: z
      .string()
      .regex(/\.mjs$/, { error: 'must be an ES module, a file with the ending .mjs' })
      .meta({
        description:
          'File of the script (.mjs), relative to the configuration. Its default export: (item, {table}) => item or null, DynamoDB JSON.',
        path: true,
      }),
  }),
  load: ({ module }) => loadScript(module),
  make: (_, loaded: ScriptModule) => ({
    meaning: JSON.stringify([loaded.digest]),
    change: (item, of) => scripted(loaded, item, of),
    // What a script does shows at the item only.
    touches: () => null,
  }),
});

function scripted(module: ScriptModule, item: Item, of: ItemOwner): Item | null {
  const result = resultOf(module, item, of.table);
  if (result === null) return null;
  const after = itemOf(module, result);
  if (after.avro.equals(item.avro)) return item;
  const changed = changedKey(item, after, of);
  if (changed !== null) throw fault(module, `changes ${JSON.stringify(changed)}, a key attribute`);
  return after;
}

function resultOf(module: ScriptModule, item: Item, table: string): unknown {
  const { call } = module;
  const given: unknown = JSON.parse(item.json.toString());
  let result: unknown;
  try {
    result = call(given, { table });
  } catch (thrown) {
    throw fault(module, `threw ${kindOf(thrown)}`, placeOf(module, thrown));
  }
  if (result === undefined) throw fault(module, 'returned nothing; null is what filters an item');
  if (typeof (result as PromiseLike<unknown> | null)?.then === 'function') {
    // Its rejection is nobody's, and would end the process.
    Promise.resolve(result).catch(() => {});
    throw fault(module, 'returned a promise; it has to return an item at once');
  }
  return result;
}

function itemOf(module: ScriptModule, result: unknown): Item {
  if (typeof result !== 'object' || Array.isArray(result)) {
    throw fault(module, 'returned something that is no object');
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(result);
  } catch {
    throw fault(module, 'returned an object that is no JSON');
  }
  try {
    return Item.fromJson(Buffer.from(text ?? ''));
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw fault(module, `returned no DynamoDB JSON: ${cause.message}`);
  }
}

const kinds = [TypeError, RangeError, ReferenceError, SyntaxError, URIError, EvalError, Error];

/** What was thrown, by its class alone: its message may hold values of the item, and so may a name of the script's. */
const kindOf = (thrown: unknown) =>
  kinds.find((kind) => thrown instanceof kind)?.name ?? 'something that is no Error';

/** Where in the script it was thrown, as `:line:column`. */
function placeOf({ digest }: ScriptModule, thrown: unknown): string {
  const stack = thrown instanceof Error ? String(thrown.stack) : '';
  const at = stack.indexOf(`${digest}:`);
  const found = at < 0 ? null : /^(\d{1,9}:\d{1,9})/.exec(stack.slice(at + digest.length + 1));
  return found === null ? '' : `:${found[1]}`;
}

/** Without a cause: what a script throws may hold values. */
const fault = ({ file }: ScriptModule, what: string, place = '') =>
  new ConnectError('RECORD_TRANSFORM', `${file}${place} ${what}`);
