/**
 * Thrown when a value is not available yet. Evaluation is synchronous: the caller awaits the value and evaluates again,
 * and this time it is there.
 */
export class PendingAnswer extends Error {
  override readonly name = 'PendingAnswer';
  readonly answer: Promise<unknown>;
  constructor(answer: Promise<unknown>) {
    super('the answer must be awaited');
    this.answer = answer;
  }
}

/** Evaluates again until no value is pending. */
export async function pendingAnswers<T>(evaluate: () => T): Promise<T> {
  for (;;) {
    try {
      return evaluate();
    } catch (error) {
      if (!(error instanceof PendingAnswer)) throw error;
      await error.answer;
    }
  }
}
