/** A stack frame: a function, and the position where it begins. */
export interface Frame {
  readonly name: string;
  /** Empty if it is not in a script. */
  readonly file: string;
  /** Starting at 1; 0 if unknown. */
  readonly line: number;
}

/** A quantity that is measured per stack. */
export interface Measure {
  readonly type: string;
  readonly unit: string;
}

export interface Sample {
  /** The innermost call first. */
  readonly stack: readonly Frame[];
  /** One for each measure of the profile. */
  readonly values: readonly number[];
}

/** Measurements by stack: the common form of all profiles. */
export interface StackProfile {
  readonly measures: readonly Measure[];
  readonly samples: readonly Sample[];
  /** Milliseconds since the epoch. */
  readonly takenAt: number;
  readonly durationMs?: number;
  /** The sampling period. */
  readonly period?: Measure & { readonly length: number };
  /** The measure that tools show first. */
  readonly shown?: string;
  /** For people. */
  readonly comments?: readonly string[];
}

/** A function in V8's profiles; lines start at 0 there. */
interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

export function frameOf({ functionName, url, lineNumber }: CallFrame): Frame {
  const file = url.startsWith('file://') ? decodeURI(url.slice('file://'.length)) : url;
  return { name: functionName === '' ? '(anonymous)' : functionName, file, line: lineNumber + 1 };
}

/** Equal for frames of one function. */
export const frameKey = ({ name, file, line }: Frame): string => `${file}:${line}:${name}`;

/** Whether a stack is the profiler's own, which is left out: starting it takes a while. */
export const isProfiler = (stack: readonly Frame[]): boolean => stack[0]?.file === 'node:inspector';

/** The difference between two profiles of one kind: negative values are decreases. Omits unchanged stacks. */
export function difference(earlier: StackProfile, later: StackProfile): StackProfile {
  const changes = new Map<string, Sample>();
  const add = ({ samples }: StackProfile, sign: 1 | -1): void => {
    for (const { stack, values } of samples) {
      const key = stack.map(frameKey).join('\n');
      const known = changes.get(key)?.values;
      changes.set(key, { stack, values: values.map((value, i) => (known?.[i] ?? 0) + sign * value) });
    }
  };
  add(later, 1);
  add(earlier, -1);
  const samples = [...changes.values()].filter(({ values }) => values.some((value) => value !== 0));
  return { ...later, samples, durationMs: later.takenAt - earlier.takenAt };
}
