import { MalformedAnswerError } from './malformed-answer.ts';

/** How the end of a body is determined. */
type Framing =
  | { readonly by: 'length'; readonly bytes: number }
  | { readonly by: 'chunks' }
  /** Everything until the server closes the connection. */
  | { readonly by: 'close' };

export interface AnswerHead {
  readonly status: number;
  /** Names in lower case; of a header that came several times the values, joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly framing: Framing;
  /** Whether the server takes another request on this connection once the body has been read. */
  readonly keepAlive: boolean;
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const digits = /^\d{1,15}$/;

/** Reads status line and headers, without the empty line after them. `method` is the request's: an answer to HEAD has no body. */
export function parseHead(text: string, method: string): AnswerHead {
  let end = text.indexOf('\r\n');
  const first = end < 0 ? text : text.slice(0, end);
  const [, minor, code] = statusLine.exec(first) ?? [];
  if (code === undefined) throw new MalformedAnswerError(JSON.stringify(first.slice(0, 100)));
  const headers: Record<string, string> = {};
  while (end >= 0) {
    const from = end + 2;
    end = text.indexOf('\r\n', from);
    addHeader(headers, end < 0 ? text.slice(from) : text.slice(from, end));
  }
  const status = Number(code);
  const framing = framingOf(headers, { status, method });
  const connection = headers.connection?.toLowerCase() ?? '';
  const keepAlive = minor === '1' ? !hasToken(connection, 'close') : hasToken(connection, 'keep-alive');
  return { status, headers, framing, keepAlive: keepAlive && framing.by !== 'close' };
}

function addHeader(headers: Record<string, string>, line: string): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  if (!token.test(name)) throw new MalformedAnswerError(`invalid header line ${JSON.stringify(line.slice(0, 100))}`);
  const value = line.slice(colon + 1).trim();
  const key = name.toLowerCase();
  const known = Object.hasOwn(headers, key) ? headers[key] : undefined;
  headers[key] = known === undefined ? value : `${known}, ${value}`;
}

function framingOf(
  headers: Readonly<Record<string, string>>,
  { status, method }: { readonly status: number; readonly method: string },
): Framing {
  const { 'transfer-encoding': coding, 'content-length': length } = headers;
  if (coding !== undefined && length !== undefined)
    throw new MalformedAnswerError('both Transfer-Encoding and Content-Length');
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { by: 'length', bytes: 0 };
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked')
      throw new MalformedAnswerError(`unsupported transfer encoding ${JSON.stringify(coding)}`);
    return { by: 'chunks' };
  }
  if (length === undefined) return { by: 'close' };
  // Repeated lengths are accepted if they are equal.
  const [one = '', ...more] = length.split(', ');
  if (!digits.test(one) || more.some((other) => other !== one))
    throw new MalformedAnswerError(`bad Content-Length ${JSON.stringify(length)}`);
  return { by: 'length', bytes: Number(one) };
}

function hasToken(list: string, wanted: string): boolean {
  return list === wanted || list.split(',').some((each) => each.trim() === wanted);
}
