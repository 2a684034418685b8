import { type Status, StatusError, type StatusReason } from '@typernetes/machinery';
import { type ApiResponse, readBody } from './transport.ts';

/** The reason for a response without a Status body, by its code. */
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

/**
 * Converts a response that is not 2xx into a StatusError; `request` is mentioned if the response does not explain
 * itself.
 */
export async function responseError(
  response: ApiResponse,
  request?: { readonly method: string; readonly path: string },
): Promise<StatusError> {
  const text = Buffer.from(await readBody(response)).toString('utf8');
  const status = parseStatus(text);
  if (status) return StatusError.fromStatus({ ...status, code: status.code ?? response.status });
  const reason = reasons[response.status] ?? (response.status >= 500 ? 'InternalError' : 'Unknown');
  const said = text.trim();
  const causes = [{ reason: 'UnexpectedServerResponse', message: said || 'unknown' }];
  return new StatusError(reason, meaningOf(response.status, said) + (request ? about(request) : ''), {
    code: response.status,
    details: { causes },
  });
}

/** ` (get pods.metrics.k8s.io)`: the request, if its path names a resource. */
function about({ method, path }: { readonly method: string; readonly path: string }): string {
  const plain = path.split('?', 1)[0] ?? '';
  const [, group, rest = ''] = /^\/(?:api|apis\/([^/]+))\/[^/]+\/(.+)$/.exec(plain) ?? [];
  const [resource, name] = rest.replace(/^namespaces\/[^/]+\/(?!(?:finalize|status)$)/, '').split('/');
  if (!resource) return '';
  const object = name === undefined ? '' : ` ${decodeURIComponent(name)}`;
  return ` (${method.toLowerCase()} ${resource}${group ? `.${group}` : ''}${object})`;
}

/** The message of upstream's clients about an unexplained response. */
export function meaningOf(code: number, said: string): string {
  if (code === 403 || code === 415 || (code === 406 && said)) return said || 'unknown';
  const known = meanings[code];
  if (known) return known;
  if (code >= 500)
    return `an error on the server (${JSON.stringify(said || 'unknown')}) has prevented the request from succeeding`;
  return `the server responded with the status code ${code} but did not return more information`;
}

const meanings: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  406: 'the server was unable to respond with a content type that the client supports',
  409: 'the server reported a conflict',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
};

function parseStatus(text: string): Status | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(text) as Status;
    return value.kind === 'Status' ? value : undefined;
  } catch {
    return undefined; // not JSON after all
  }
}
