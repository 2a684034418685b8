import type { IncomingMessage } from 'node:http';
import { badRequest, StatusError } from '@typernetes/machinery';
import type { Reply, ServerRequest, Sink } from '../request/server-request.ts';
import { askBackend, type Backend } from './backend.ts';

/** Forwards a plain request to a kubelet, whose errors are texts: they become Statuses. */
export async function forwardToKubelet(backend: Backend, request: ServerRequest): Promise<Reply> {
  const answer = await askBackend(backend, request);
  const status = answer.statusCode ?? 502;
  if (status < 400) return replyOf(answer);
  const text = await textOf(answer);
  if (status === 400) throw badRequest(text.trim());
  if (status === 404)
    throw new StatusError('NotFound', 'the server could not find the requested resource', {
      details: { causes: [{ reason: 'UnexpectedServerResponse', message: text.trim() }] },
    });
  throw new StatusError('InternalError', text.trim() || `unknown error (status ${status})`, { code: status });
}

const connectionHeaders = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** The answer as it is, streamed. */
export function replyOf(answer: IncomingMessage): Reply {
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined && !connectionHeaders.has(name)) headers[name] = value;
  return { status: answer.statusCode ?? 502, headers, body: (sink) => stream(answer, sink) };
}

async function stream(answer: IncomingMessage, sink: Sink): Promise<void> {
  const stop = (): void => void answer.destroy();
  sink.signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of answer) if (!sink.write(chunk as Uint8Array)) await sink.drained();
  } finally {
    sink.signal.removeEventListener('abort', stop);
  }
}

/** The beginning of the response's text, enough for an error message. */
export async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer) if (text.length < 10_000) text += String(chunk);
  return text;
}
