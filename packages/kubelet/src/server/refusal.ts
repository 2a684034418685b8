import type { ServerResponse } from 'node:http';

/** An answer other than 200; the message is its body, as it is. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** A refusal as Go's `http.Error` writes it: with a line break at its end. */
export const lineRefusal = (status: number, line: string): Refusal =>
  new Refusal(status, `${line}\n`, { 'x-content-type-options': 'nosniff' });

export const pageNotFound = (): Refusal => lineRefusal(404, '404 page not found');

export function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type });
  response.end(body);
}

/** `indent`: how many spaces for each level. */
export const sendJson = (response: ServerResponse, body: unknown, indent = 0): void =>
  send(response, 200, JSON.stringify(body, undefined, indent), 'application/json');
