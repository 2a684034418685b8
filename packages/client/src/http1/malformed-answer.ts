/** The data is not an HTTP/1.1 response: the connection cannot be used any more. */
export class MalformedAnswerError extends Error {
  override readonly name = 'MalformedAnswerError';

  constructor(what: string) {
    super(`net/http: HTTP/1.x transport connection broken: malformed HTTP response: ${what}`);
  }
}
