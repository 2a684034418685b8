import { messagesOf } from '@typernetes/base';

/** What a server says in a Status, or its HTTP status where the body is none. */
export function statusMessage(answer: { status: number; body: string }): string {
  try {
    return (JSON.parse(answer.body) as { message?: string }).message ?? `HTTP status ${answer.status}`;
  } catch (error) {
    return `HTTP status ${answer.status} (${messagesOf(error)})`;
  }
}
