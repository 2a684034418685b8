import { type Frame, frameKey, type StackProfile } from './stack-profile.ts';

/** `?debug=1` of a heap profile: Go's text, in which objects are those that were looked at, and then what the process uses. */
export function heapText(profile: StackProfile): string {
  const { samples, comments = [], period } = profile;
  const total = (i: number): number => samples.reduce((sum, { values }) => sum + (values[i] ?? 0), 0);
  const pair = (count: number, bytes: number): string => `${count}: ${bytes} [${count}: ${bytes}]`;
  const bySize = [...samples].sort((a, b) => (b.values[1] ?? 0) - (a.values[1] ?? 0));
  const stacks = stackLines(bySize, ([count = 0, bytes = 0]) => pair(count, bytes));
  const memory = Object.entries(process.memoryUsage()).map(([name, bytes]) => `# ${name} = ${bytes}`);
  const heading = `heap profile: ${pair(total(0), total(1))} @ heap/${period?.length ?? 0}`;
  const notes = comments.map((comment) => `# ${comment}`);
  return `${[heading, ...stacks, ...notes, '# process.memoryUsage, in bytes', ...memory].join('\n')}\n`;
}

/** `?debug=1` of profiles that only count. */
export function countText(name: string, { samples }: StackProfile): string {
  const total = samples.reduce((sum, { values }) => sum + (values[0] ?? 0), 0);
  const lines = [`${name} profile: total ${total}`, ...stackLines(samples, ([count = 0]) => String(count))];
  return `${lines.join('\n')}\n`;
}

/** `?debug=2`: one by one. */
export function eachText({ samples }: StackProfile): string {
  const kinds = samples.flatMap(({ stack, values }) => new Array<string>(values[0] ?? 0).fill(stack[0]?.name ?? ''));
  return kinds.map((kind, i) => `goroutine ${i + 1} [${kind}]:\n`).join('\n');
}

export const contentionText = (name: 'block' | 'mutex'): string =>
  name === 'block'
    ? '--- contention:\ncycles/second=1000000000\n'
    : '--- mutex:\ncycles/second=1000000000\nsampling period=1\n';

/** A line for each stack, with numbers for its functions, and one for each of these. */
function stackLines(samples: StackProfile['samples'], head: (values: readonly number[]) => string): string[] {
  const numbers = new Map<string, number>();
  const numberOf = (frame: Frame): string => {
    const key = frameKey(frame);
    const number = numbers.get(key) ?? numbers.size + 1;
    numbers.set(key, number);
    return `0x${number.toString(16)}`;
  };
  return samples.flatMap(({ stack, values }) => [
    `${head(values)} @ ${stack.map(numberOf).join(' ')}`,
    ...stack.map((frame) => {
      const place = frame.file === '' ? '' : `\t${frame.file}:${frame.line}`;
      return `#\t${numberOf(frame)}\t${frame.name}${place}`;
    }),
    '',
  ]);
}
