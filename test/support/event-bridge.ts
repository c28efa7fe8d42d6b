import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import * as z from 'zod';

const entrySchema = z.object({
  EventBusName: z.string(),
  Source: z.string(),
  DetailType: z.string(),
  Detail: z.string(),
});

/** One entry of a request. */
export type PutEntry = z.output<typeof entrySchema>;

/** An answer to a request other than taking all of it: of these entries, as it stands with nothing taken, or of all. */
export type PutAnswer =
  | { readonly refuse: readonly number[]; readonly code: string }
  | { readonly says: object }
  | { readonly status: number; readonly code: string };

export interface EventBus {
  readonly url: string;
  /** Every request, refused ones too. */
  readonly requests: (readonly PutEntry[])[];
  /** The entries that were accepted, in order. */
  readonly accepted: PutEntry[];
  readonly close: () => Promise<void>;
}

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const limitFault = (entries: readonly PutEntry[]): string | undefined => {
  const bytes = entries.reduce(
    (total, { Source, DetailType, Detail }) => total + Buffer.byteLength(Source + DetailType + Detail),
    0,
  );
  if (entries.length < 1 || entries.length > 10) return 'ValidationException';
  return bytes >= 262_144 ? 'PutEventsRequestEntryListSizeExceeded' : undefined;
};

/**
 * EventBridge on loopback: PutEvents within its limits, and answers of one's own.
 * @param answer asked at every request, by its number from 0 on; undefined takes all of it
 */
export const startEventBus = async (
  answer: (request: number) => PutAnswer | undefined | Promise<PutAnswer | undefined> = () => undefined,
): Promise<EventBus> => {
  const requests: (readonly PutEntry[])[] = [];
  const accepted: PutEntry[] = [];
  const server = createServer(async (request, response) => {
    const { Entries: entries } = z.object({ Entries: z.array(entrySchema) }).parse(await json(request));
    const number = requests.push(entries) - 1;
    const given = await answer(number);
    const fault = limitFault(entries);
    const reply = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(body));
    };
    if (request.headers['x-amz-target'] !== 'AWSEvents.PutEvents')
      return reply(400, { __type: 'UnknownOperationException' });
    if (fault !== undefined) return reply(400, { __type: fault });
    if (given !== undefined && 'status' in given) return reply(given.status, { __type: given.code });

    if (given !== undefined && 'says' in given) return reply(200, given.says);

    const refused = given?.refuse ?? [];
    accepted.push(...entries.filter((_, index) => !refused.includes(index)));
    return reply(200, {
      FailedEntryCount: refused.length,
      Entries: entries.map((_, index) =>
        refused.includes(index)
          ? { ErrorCode: given?.code, ErrorMessage: 'refused' }
          : { EventId: `${number}-${index}` },
      ),
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    accepted,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
