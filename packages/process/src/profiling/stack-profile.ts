/** Where a program was: a function, and where that begins. */
export interface Frame {
  readonly name: string;
  /** Empty for what is no script's. */
  readonly file: string;
  /** From 1 on; 0 where there is none. */
  readonly line: number;
}

/** What is counted of each stack. */
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

/** What was found on which stacks: what every kind of profile comes to. */
export interface StackProfile {
  readonly measures: readonly Measure[];
  readonly samples: readonly Sample[];
  /** Milliseconds since the epoch. */
  readonly takenAt: number;
  readonly durationMs?: number;
  /** How far apart samples are. */
  readonly period?: Measure & { readonly length: number };
  /** The measure that tools show first. */
  readonly shown?: string;
  /** For people. */
  readonly comments?: readonly string[];
}

/** A function as V8's profilers tell of it; lines count from 0 there. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

export function frameOf({ functionName, url, lineNumber }: CallFrame): Frame {
  const file = url.startsWith('file://') ? decodeURI(url.slice('file://'.length)) : url;
  return { name: functionName === '' ? '(anonymous)' : functionName, file, line: lineNumber + 1 };
}

/** The same for frames of one function. */
export const frameKey = ({ name, file, line }: Frame): string => `${file}:${line}:${name}`;

/** Whether a stack is the profiler's own, which it does not tell of: its start takes a while. */
export const isProfiler = (stack: readonly Frame[]): boolean => stack[0]?.file === 'node:inspector';

/** What came between two profiles of one kind: negative where less is there. Stacks of which nothing changed are left out. */
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
