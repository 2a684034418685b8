import type { ApiRequest } from '../transport.ts';

/** Methods whose requests have a content length even without a body. */
const bodied: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const notInTarget = /[^\x21-\x7e\x80-\xff]/;
const notInValue = /[^\t\x20-\x7e\x80-\xff]/;

/** Request line and headers with the empty line after them. Throws a TypeError for what could be read as something else. */
export function requestHead({ method, path, headers, repeated, body }: ApiRequest, host: string): string {
  if (!token.test(method)) throw new TypeError(`Invalid method ${JSON.stringify(method)}`);
  if (notInTarget.test(path))
    throw new TypeError(`Request path contains unescaped characters: ${JSON.stringify(path)}`);
  let head = `${method} ${path} HTTP/1.1\r\n`;
  let named = false;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    check(name, value);
    if (name.length === 4 && name.toLowerCase() === 'host') named = true;
    head += `${name}: ${value}\r\n`;
  }
  for (const name in repeated) {
    for (const value of repeated[name] ?? []) {
      check(name, value);
      head += `${name}: ${value}\r\n`;
    }
  }
  if (!named) head += `host: ${host}\r\n`;
  if (body !== undefined) head += `content-length: ${Buffer.byteLength(body)}\r\n`;
  else if (bodied.has(method)) head += 'content-length: 0\r\n';
  return `${head}\r\n`;
}

function check(name: string, value: string): void {
  if (!token.test(name)) throw new TypeError(`Invalid header name ${JSON.stringify(name)}`);
  if (notInValue.test(value)) throw new TypeError(`Invalid character in header content [${JSON.stringify(name)}]`);
}
