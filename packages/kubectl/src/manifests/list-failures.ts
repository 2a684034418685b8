import { messagesOf } from '@typernetes/base';

/** The failures of one list's items. Upstream treats them as a single failure with a combined message. */
export class ListFailures extends AggregateError {
  override readonly name = 'ListFailures';
  constructor(errors: readonly unknown[]) {
    const messages = [...new Set(errors.map(messagesOf))];
    super(errors, messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`);
  }
}
