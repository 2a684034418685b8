import { type Answer, decode, encode, type Packet, type RecordType } from 'dns-packet';
import { serverBlocks } from '../corefile/server-blocks.ts';
import { type Handler, type Query, readQuery } from '../plugins/query.ts';

const { signal } = new AbortController();

/** A query as it comes from a client. */
export function makeQuery(name: string, type: RecordType | 'ANY' = 'A', id = 7): Query {
  const question = { name, type: type as RecordType, class: 'IN' as const };
  const message = encode({ type: 'query', id, flags: 0x0100, questions: [question] });
  const query = readQuery(message, { protocol: 'udp', client: { address: '10.244.0.7', port: 4711 }, signal });
  if (typeof query !== 'object') throw new Error('no query');
  return query;
}

/** Answers with these sections, a code in the low bits of the flags; counts what it is asked. */
export function makeHandler(
  sections: { answers?: Answer[]; authorities?: Answer[]; code?: number; error?: string } = {},
): Handler & { readonly asked: Query[] } {
  const { code = 0, error, ...records } = sections;
  const asked: Query[] = [];
  const handler: Handler = async (query) => {
    asked.push(query);
    const { id, questions } = query.packet;
    const message = encode({ type: 'response', id, flags: 0x0180 | code, questions, ...records });
    return { message, by: 'forward', ...(error === undefined ? {} : { error }) };
  };
  return Object.assign(handler, { asked });
}

/** What a handler answers, taken apart. */
export async function answerOf(
  handler: Handler,
  query: Query,
): Promise<Packet & { readonly by: string; readonly code: number }> {
  const { message, by } = await handler(query);
  return { ...decode(message), by, code: (message[3] ?? 0) & 0x0f };
}

/** `A a.example 10.0.0.1` for each answer. */
export function texts({ answers }: Packet): string[] {
  return (answers ?? []).map(
    (record) => `${record.type} ${record.name} ${'data' in record ? JSON.stringify(record.data) : ''}`,
  );
}

/** The lines of one plugin in a server block of all zones. */
export function linesOf(text: string): ReturnType<typeof serverBlocks>[number]['lines'] {
  const source = { imported: () => [], environment: {} };
  return serverBlocks(`. {\n${text}\n}`, 'Corefile', source)[0]?.lines ?? [];
}
