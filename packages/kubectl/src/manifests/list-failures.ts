import { messagesOf } from '@typernetes/base';

/** What went wrong with items of one list: to upstream that is one failure. Its message is that of all of them. */
export class ListFailures extends AggregateError {
  override readonly name = 'ListFailures';
  constructor(errors: readonly unknown[]) {
    const messages = [...new Set(errors.map(messagesOf))];
    super(errors, messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`);
  }
}
