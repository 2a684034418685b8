import { messagesOf } from '@typernetes/base';
import { refused } from '../connection-problem.ts';
import { errorText, statusOf } from '../error-text.ts';
import { PlainError } from '../io.ts';
import { ListFailures } from '../manifests/list-failures.ts';
import { unreachedFiles } from '../manifests/unreached-files.ts';
import { responseObjects } from '../requests/response-object.ts';
import type { Session } from '../session.ts';

/** Collects the failures of a command's objects while it continues with the others. */
export class Failures {
  readonly #errors: unknown[] = [];

  /** Records a failure; rethrows it if the user has interrupted the command. */
  readonly add = (error: unknown): void => {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    this.#errors.push(error);
  };

  /** Records a failure if it is the first: later ones are not reported. */
  readonly addFirst = (error: unknown): void => {
    if (!this.some) this.add(error);
  };

  /** Whether there has been a failure. */
  get some(): boolean {
    return this.#errors.length > 0;
  }

  /**
   * Prints the failures as upstream does: without the word "error" if there are several, or with `bare`. Returns the exit code. Failures of a list are in
   * brackets if there are others, or, with `listed`, always.
   */
  report(
    session: Pick<Session, 'clock' | 'globalFlags' | 'io' | 'server' | 'typed'>,
    { bare = false, listed = false }: { bare?: boolean; listed?: boolean } = {},
  ): number {
    // That there is no connection is told once.
    const isOne = this.#errors.every((error) => refused(error) !== undefined);
    const failures = unreachedFiles(this.#errors, session) ?? (isOne ? this.#errors.slice(0, 1) : this.#errors);
    const [first] = failures;
    const isList = failures.length === 1 && first instanceof ListFailures;
    const errors: readonly unknown[] = isList && !listed ? first.errors : failures;
    session.io.err(responseObjects(errors, session));
    for (const error of errors) {
      if (error instanceof ListFailures) {
        session.io.err(`${error.message}\n`);
        continue;
      }
      const plain = (bare || isList || errors.length > 1) && !isOfServer(error);
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

/** Whether upstream has a message of its own for a failure, whether it is one or one of several. */
const isOfServer = (error: unknown): boolean => statusOf(error) !== undefined || refused(error) !== undefined;
