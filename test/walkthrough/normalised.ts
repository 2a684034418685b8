import type { Outcome } from '../command.ts';

/** What a command said, without ages and the widths that they give to columns. */
export function withoutTimes({ stdout, stderr, exitCode }: Outcome): Outcome {
  return { stdout: blanked(stdout), stderr: blanked(stderr), exitCode };
}

function blanked(text: string): string {
  return text
    .replace(/(?<=\s)(\d+[smhdy])+(?=[\s)])/g, 'AGE')
    .replace(/ {2,}/g, '  ')
    .replace(/-{3,}/g, '---');
}
