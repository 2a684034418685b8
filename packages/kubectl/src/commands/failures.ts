import { messagesOf } from '@typernetes/base';
import { reasonOf } from '@typernetes/machinery';
import { errorText } from '../error-text.ts';
import { PlainError } from '../io.ts';
import { ListFailures } from '../manifests/list-failures.ts';
import type { Session } from '../session.ts';

/** What went wrong with some of the objects of a command, while the others went on. */
export class Failures {
  readonly #errors: unknown[] = [];

  /** Takes one down; throws it again when it is that the user has interrupted the command, which goes on with nothing then. */
  readonly add = (error: unknown): void => {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    this.#errors.push(error);
  };

  /** Takes one down where there is none yet: nothing is told of what comes after a failure. */
  readonly addFirst = (error: unknown): void => {
    if (!this.some) this.add(error);
  };

  /** Whether anything has gone wrong so far. */
  get some(): boolean {
    return this.#errors.length > 0;
  }

  /**
   * Prints them as upstream does, several without the word "error", or all with `bare`; returns the exit code. Those of a list stand in
   * brackets beside others, or, `listed`, in any case.
   */
  report(
    session: Pick<Session, 'io' | 'server'>,
    { bare = false, listed = false }: { bare?: boolean; listed?: boolean } = {},
  ): number {
    const [first] = this.#errors;
    const isList = this.#errors.length === 1 && first instanceof ListFailures;
    const errors: readonly unknown[] = isList && !listed ? first.errors : this.#errors;
    for (const error of errors) {
      if (error instanceof ListFailures) {
        session.io.err(`${error.message}\n`);
        continue;
      }
      const plain = (bare || isList || errors.length > 1) && !(error instanceof Error && hasStatus(error));
      if (error instanceof PlainError) {
        session.io.out(error.output);
        session.io.err(plain ? error.message.replace(/^error: /, '') : error.message);
      } else
        session.io.err(
          plain ? `${messagesOf(error)}\n` : errorText(error, session.server, { several: errors.length > 1 }),
        );
    }
    return this.#errors.length > 0 ? 1 : 0;
  }
}

function hasStatus(error: Error): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (reasonOf(at)) return true;
  return false;
}
