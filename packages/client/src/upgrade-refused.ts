/** The server answered an upgrade with an ordinary response. `body` is its text, a Status as JSON in most cases. */
export class UpgradeRefusedError extends Error {
  override readonly name = 'UpgradeRefusedError';
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`unable to upgrade connection: ${body}`);
    this.status = status;
    this.body = body;
  }
}
