import { type ConnectorOffset, RequestError } from '../worker/herder.ts';
import { isObject, objectBody, refuseOtherFields } from './body.ts';
import type { RestContext } from './context.ts';
import { ok, type Route } from './route.ts';

/** Where a connector has got to, and how it is sent elsewhere. */
export function offsetRoutes({ herder }: RestContext): Route[] {
  const path = '/connectors/:connector/offsets';
  return [
    {
      method: 'GET',
      path,
      answer: async ({ params }) => ok({ offsets: await herder.offsets(params['connector']!) }),
    },
    {
      method: 'PATCH',
      path,
      answer: async ({ params, text }) =>
        ok({ message: await herder.alterOffsets(params['connector']!, offsetsOf(text)) }),
    },
    {
      method: 'DELETE',
      path,
      answer: async ({ params }) => ok({ message: await herder.resetOffsets(params['connector']!) }),
    },
  ];
}

function offsetsOf(text: string): readonly ConnectorOffset[] {
  const body = objectBody(text);
  refuseOtherFields(body, ['offsets']);
  const offsets = body['offsets'] ?? [];
  if (!Array.isArray(offsets)) throw new RequestError(400, 'The offsets have to be a list');
  if (offsets.length === 0) {
    throw new RequestError(400, 'Partitions / offsets need to be provided for an alter offsets request');
  }
  return offsets.map(offsetOf);
}

function offsetOf(sent: unknown, index: number): ConnectorOffset {
  const fault = (what: string) => new RequestError(400, `Entry ${index} of the offsets: ${what}`);
  if (!isObject(sent)) throw fault('it has to be a JSON object with partition and offset');
  const { partition, offset = null } = sent;
  if (!isObject(partition))
    throw fault('the partition has to be a JSON object, and cannot be null or missing');
  if (offset !== null && !isObject(offset)) {
    throw fault('the offset has to be a JSON object, or null to reset the partition');
  }
  return { partition, offset };
}
