/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The messages of an error and its causes, outermost first, joined by ": ". What a message ends with already is not said again. */
export function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (let at: unknown = error; at !== undefined; at = at instanceof Error ? at.cause : undefined) {
    const message = messageOf(at);
    if (message === '' || !messages.at(-1)?.endsWith(message)) messages.push(message);
  }
  return messages.join(': ');
}

/** The `code` of a system error such as ENOENT, or undefined. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Several messages as one, without repeats: one as it is, more as `[a, b]` (upstream: utilerrors.Aggregate). */
export function aggregateText(messages: readonly string[]): string {
  const different = [...new Set(messages)];
  return different.length > 1 ? `[${different.join(', ')}]` : different.join();
}
