/** What arrived is no HTTP/1.1 answer: the connection cannot be used any more. */
export class MalformedAnswerError extends Error {
  override readonly name = 'MalformedAnswerError';

  constructor(what: string) {
    super(`net/http: HTTP/1.x transport connection broken: malformed HTTP response: ${what}`);
  }
}
