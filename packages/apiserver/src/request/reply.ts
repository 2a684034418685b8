import { encodeProtobuf } from '@typernetes/api/protobuf';
import { messageOf } from '@typernetes/base';
import { reasonOf, StatusError } from '@typernetes/machinery';
import { StoreError } from '@typernetes/store';
import { lengthOf } from './body-pieces.ts';
import { errorFormat, protobufType } from './negotiation.ts';
import type { Pieces, Reply } from './server-request.ts';

export const jsonType = 'application/json';

export function bytesReply(status: number, body: Uint8Array, contentType = jsonType): Reply {
  return { status, headers: { 'content-type': contentType, 'content-length': `${body.length}` }, body };
}

export function piecesReply(status: number, body: Pieces, contentType = jsonType): Reply {
  return { status, headers: { 'content-type': contentType, 'content-length': `${lengthOf(body)}` }, body };
}

export function jsonReply(status: number, value: unknown): Reply {
  return bytesReply(status, Buffer.from(`${JSON.stringify(value)}\n`));
}

/** A value that is not an API object, indented for people. */
export function indentedReply(status: number, value: unknown): Reply {
  return bytesReply(status, Buffer.from(JSON.stringify(value, null, 2)));
}

export function textReply(status: number, text: string): Reply {
  return bytesReply(status, Buffer.from(text), 'text/plain; charset=utf-8');
}

/** Text that no browser is to take for something else. */
export function guardedTextReply(status: number, text: string): Reply {
  return guarded(textReply(status, text));
}

const guarded = (reply: Reply): Reply => ({
  ...reply,
  headers: { ...reply.headers, 'x-content-type-options': 'nosniff' },
});

/** Upstream's response below an unknown path. */
export const pageNotFound = (): Reply => guardedTextReply(404, '404 page not found\n');

/**
 * An error as the API reports it. What the storage says of its own failures is told as it is, without a reason, as
 * upstream hands on etcd's words; anything else is a bug: a 500, with the cause in the log.
 */
export function statusErrorOf(error: unknown): StatusError {
  if (reasonOf(error) !== undefined) return error as StatusError;
  if (error instanceof StoreError) return new StatusError('Unknown', error.message, { cause: error });
  return new StatusError('InternalError', `Internal error occurred: ${messageOf(error)}`, { cause: error });
}

/** The failure as a Status, in the form that the client takes; of the others JSON. */
export async function errorReply(error: StatusError, accept?: string): Promise<Reply> {
  const reply = await statusReply(error, errorFormat(accept));
  const retryAfter = error.details?.retryAfterSeconds;
  const whole = error.reason === 'Forbidden' ? guarded(reply) : reply;
  return retryAfter === undefined
    ? whole
    : { ...whole, headers: { ...whole.headers, 'retry-after': String(retryAfter) } };
}

async function statusReply(error: StatusError, format: ReturnType<typeof errorFormat>): Promise<Reply> {
  const status = { apiVersion: 'v1', kind: 'Status', ...error.toStatus() };
  if (format === 'protobuf') return bytesReply(error.code, encodeProtobuf(status), protobufType);
  if (format === 'yaml') return await yamlReply(error.code, status);
  // In a form that nobody has asked for, errors are for people.
  return format === undefined ? indentedReply(error.code, error.toStatus()) : jsonReply(error.code, error.toStatus());
}

/** YAML as upstream writes it. */
export async function yamlReply(status: number, value: unknown): Promise<Reply> {
  // Loaded on first use: hardly anybody asks for it.
  const { encodeYaml } = await import('@typernetes/process');
  return bytesReply(status, Buffer.from(encodeYaml(value)), 'application/yaml');
}
