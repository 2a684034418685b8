import { encodeProtobuf } from '@typernetes/api/protobuf';
import { messageOf } from '@typernetes/base';
import { reasonOf, StatusError } from '@typernetes/machinery';
import { lengthOf } from '../request/body-pieces.ts';
import type { Pieces, Reply } from '../request/server-request.ts';
import { protobufType } from './negotiation.ts';

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

export function textReply(status: number, text: string): Reply {
  return bytesReply(status, Buffer.from(text), 'text/plain; charset=utf-8');
}

/** What upstream answers below no path that it knows. */
export const pageNotFound = (): Reply => textReply(404, '404 page not found\n');

/** Anything that was thrown, as the API reports it. What is no StatusError is a defect: a 500, whose cause the log has. */
export function statusErrorOf(error: unknown): StatusError {
  if (reasonOf(error) !== undefined) return error as StatusError;
  return new StatusError('InternalError', `Internal error occurred: ${messageOf(error)}`, { cause: error });
}

/** The failure as a Status, in protobuf for those who ask for nothing else first. */
export function errorReply(error: StatusError, accept?: string): Reply {
  const reply = accept?.startsWith(protobufType)
    ? bytesReply(error.code, encodeProtobuf({ apiVersion: 'v1', kind: 'Status', ...error.toStatus() }), protobufType)
    : jsonReply(error.code, error.toStatus());
  const retryAfter = error.details?.retryAfterSeconds;
  return retryAfter === undefined
    ? reply
    : { ...reply, headers: { ...reply.headers, 'retry-after': String(retryAfter) } };
}
