import type { Outcome } from '../command.ts';

/** A command's output, without times, ages and the column widths that depend on them. */
export function withoutTimes({ stdout, stderr, exitCode }: Outcome): Outcome {
  return { stdout: blanked(stdout), stderr: blanked(stderr), exitCode };
}

function blanked(text: string): string {
  return text
    .replace(/\w{3}, \d\d \w{3} \d{4} [\d:]+ \+\d{4}/g, 'MOMENT')
    .replace(/(?<=\s)(\d+[smhdy])+( \(x\d+ over \S+\))?(?=[\s)])/g, 'AGE')
    .replace(/ {2,}/g, '  ')
    .replace(/-{3,}/g, '---');
}
