import { readBody, responseError } from '@typernetes/client';
import { rawPath } from '../requests/raw-path.ts';
import type { Session } from '../session.ts';

export const rawFlag = {
  raw: { type: 'string', help: 'Path on the server to send to as it is; the answer is printed as it is.', default: '' },
} as const;

/** Sends to a path of the server and prints what it answers; with the one file of `-f`, its text is the body. */
export async function rawRequest(
  {
    method,
    path,
    filenames = [],
  }: { method: 'GET' | 'POST' | 'PUT' | 'DELETE'; path: string; filenames?: readonly string[] },
  session: Session,
): Promise<number> {
  const needsFile = method === 'POST' || method === 'PUT';
  if (filenames.length > 1 || (needsFile && filenames.length === 0))
    throw new Error('--raw can only use a single local file or stdin');
  const [file] = filenames;
  if (file !== undefined && /^https?:/.test(file)) throw new Error('--raw cannot read from a url');
  if (!path.startsWith('/'))
    throw new Error(`--raw must be a valid URL path: parse ${JSON.stringify(path)}: invalid URI for request`);
  const body =
    file === undefined ? undefined : file === '-' ? await session.io.stdin.text() : await session.files.read(file);
  const headers = {
    accept: 'application/json, */*',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const request = {
    method,
    path: rawPath(path),
    headers,
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  };
  const response = await session.client.transport.request(request);
  if (response.status < 200 || response.status > 299) throw await responseError(response);
  session.io.outBytes(await readBody(response));
  return 0;
}
