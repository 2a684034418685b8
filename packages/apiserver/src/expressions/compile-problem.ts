import { messageOf } from '@typernetes/base';

/**
 * Why an expression does not compile, in upstream's words for its author; evaluation reports the same without the first
 * words.
 */
export function compileProblem(error: unknown): string {
  const text = messageOf(error);
  return error instanceof Error && error.name === 'CelCompileError' ? `${compilationFailed}${text}` : text;
}

const compilationFailed = 'compilation failed: ';
