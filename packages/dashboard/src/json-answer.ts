import type { ServerResponse } from 'node:http';
import { StatusError, type StatusReason } from '@typernetes/machinery';
import { dataHeaders } from './response-headers.ts';

export function sendJson(
  response: ServerResponse,
  body: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): void {
  response.writeHead(status, { ...dataHeaders, 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** A failure of the dashboard's own, in the form that failures of the API have. */
export const failure = (reason: StatusReason, message: string, code?: number): StatusError =>
  new StatusError(reason, message, code === undefined ? {} : { code });
export const sendFailure = (response: ServerResponse, error: StatusError): void =>
  sendJson(response, error.toStatus(), { status: error.code });
