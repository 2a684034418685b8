import type { ServerResponse } from 'node:http';

/** An answer other than 200. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type });
  response.end(body);
}

export const sendJson = (response: ServerResponse, body: unknown): void =>
  send(response, 200, JSON.stringify(body), 'application/json');
