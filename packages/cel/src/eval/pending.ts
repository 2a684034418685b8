/**
 * Thrown when a value is not there yet. Evaluation is synchronous; whoever can wait does so and evaluates again, which
 * then finds the answer.
 */
export class PendingAnswer extends Error {
  override readonly name = 'PendingAnswer';
  readonly answer: Promise<unknown>;
  constructor(answer: Promise<unknown>) {
    super('the answer must be awaited');
    this.answer = answer;
  }
}

/** Evaluates until no answer is missing. */
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
