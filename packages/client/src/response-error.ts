import { type Status, StatusError, type StatusReason } from '@typernetes/machinery';
import { type ApiResponse, readBody } from './transport.ts';

/** What an answer without a Status body means, by its code. */
const reasons: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** Reads the body of an answer that is not 2xx into the StatusError that it stands for. */
export async function responseError(response: ApiResponse): Promise<StatusError> {
  const text = Buffer.from(await readBody(response)).toString('utf8');
  const status = parseStatus(text);
  if (status) return StatusError.fromStatus({ ...status, code: status.code ?? response.status });
  const reason = reasons[response.status] ?? 'Unknown';
  const said = response.status === 404 ? 'the server could not find the requested resource' : text.trim();
  const message = said || `the server answered with status code ${response.status}`;
  return new StatusError(reason, message, { code: response.status });
}

function parseStatus(text: string): Status | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(text) as Status;
    return value.kind === 'Status' ? value : undefined;
  } catch {
    return undefined; // not JSON after all: the caller shows the text
  }
}
