import { messageOf } from '@typernetes/base';

/** Why an expression cannot be compiled, as upstream tells those who write it; evaluation says the same without the first words. */
export function compileProblem(error: unknown): string {
  const text = messageOf(error);
  return error instanceof Error && error.name === 'CelCompileError' ? `${compilationFailed}${text}` : text;
}

const compilationFailed = 'compilation failed: ';
