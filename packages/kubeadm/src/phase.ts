import { CommandError } from './output.ts';

/**
 * One step of `init`, `join`, `reset` or `upgrade`. Steps are data: the commands, `init phase NAME`, `--skip-phases` and the help text all
 * use the same tree. `C` declares only what the step needs of the context.
 */
export interface Phase<C> {
  readonly name: string;
  /** One sentence for the help text. */
  readonly short: string;
  /** Hidden in help texts; it still runs, and can be skipped. */
  readonly hidden?: boolean;
  readonly help?: PhaseHelp;
  /** Whether to leave out this phase and its subphases. */
  readonly skipIf?: (context: C) => string | undefined;
  run?(context: C, signal: AbortSignal): Promise<void>;
  /** Subphases, which run after `run`, in this order. */
  readonly phases?: readonly Phase<C>[];
}

/** Additional help texts of a phase. */
export interface PhaseHelp {
  /** Aliases of the phase. */
  readonly aliases?: readonly string[];
  /** For a group: the description of its phase `all`. */
  readonly whole?: string;
  /** For a group: whether only its phases can be run, not the group as a whole. */
  readonly onlyParts?: boolean;
  readonly examples?: readonly PhaseExample[];
}

export interface PhaseExample {
  readonly what: string;
  /** The command line after `kubeadm`. */
  readonly line: string;
}

const isCalled = ({ name, help }: Pick<Phase<never>, 'name' | 'help'>, word: string | undefined): boolean =>
  word !== undefined && (word === name || (help?.aliases?.includes(word) ?? false));

export interface RunPhasesOptions {
  /** Paths such as `addon/kube-proxy`, or names of top-level phases. */
  readonly skip?: readonly string[];
  /** The path of their parent phase. */
  readonly parent?: string;
}

/** Runs the phases in order until one fails; the error names the phase. */
async function runPhases<C>(
  phases: readonly Phase<C>[],
  context: C,
  signal: AbortSignal,
  options: RunPhasesOptions = {},
): Promise<void> {
  const skip = new Set(options.skip);
  const visit = async (list: readonly Phase<C>[], parent: string): Promise<void> => {
    for (const phase of list) {
      const path = parent === '' ? phase.name : `${parent}/${phase.name}`;
      if (skip.has(path) || phase.skipIf?.(context) !== undefined) continue;
      try {
        await phase.run?.(context, signal);
      } catch (error) {
        if (error instanceof CommandError) throw error;
        throw new CommandError(`error execution phase ${path}`, { cause: error });
      }
      if (phase.phases) await visit(phase.phases, path);
    }
  };
  await visit(phases, options.parent ?? '');
}

/** Every path of the tree, parents before their children. */
function phasePaths<C>(phases: readonly Phase<C>[], parent = ''): string[] {
  return phases.flatMap((phase) => {
    const path = parent === '' ? phase.name : `${parent}/${phase.name}`;
    return [path, ...phasePaths(phase.phases ?? [], path)];
  });
}

/** The phase with the path `names` (`['certs', 'ca']`); `all` as the last name stands for its parent. */
function findPhase<C>(phases: readonly Phase<C>[], names: readonly string[]): Phase<C> | undefined {
  const [first, ...rest] = names;
  const phase = phases.find((candidate) => isCalled(candidate, first));
  if (!phase || rest.length === 0 || (rest.length === 1 && rest[0] === 'all')) return phase;
  return findPhase(phase.phases ?? [], rest);
}

/** Returns the unknown names in `--skip-phases`. */
function unknownPhases<C>(phases: readonly Phase<C>[], skip: readonly string[]): string[] {
  const known = new Set(phasePaths(phases));
  return skip.filter((path) => !known.has(path));
}

/** Runs the phase that a command line names: `certs ca`, `certs/ca`, `certs all`. Throws, listing the known phases, when there is none. */
export async function runNamedPhase<C>(
  phases: readonly Phase<C>[],
  options: {
    names: readonly string[];
    context: () => Promise<C>;
    signal: AbortSignal;
    skip: (context: C) => readonly string[];
  },
): Promise<void> {
  const names = options.names.flatMap((name) => name.split('/'));
  const phase = findPhase(phases, names);
  if (names.length === 0 || !phase) {
    const known = phasePaths(phases).map((path) => path.replaceAll('/', ' '));
    throw new CommandError(`invalid phase name: ${names.join(' ')}. Known phases: ${known.join(', ')}`);
  }
  const context = await options.context();
  const parents = names.at(-1) === 'all' ? names.slice(0, -2) : names.slice(0, -1);
  await runPhases([phase], context, options.signal, { skip: options.skip(context), parent: parents.join('/') });
}

/** Splits the words of a command line into the names of a phase and further arguments, such as the API server's endpoint. */
export function phaseNames<C>(
  phases: readonly Phase<C>[],
  words: readonly string[],
): { names: readonly string[]; rest: readonly string[] } {
  let count = words.length > 0 ? 1 : 0;
  while (count < words.length && findPhase(phases, words.slice(0, count + 1))) count++;
  return { names: words.slice(0, count), rest: words.slice(count) };
}

/** Runs all phases except the skipped ones. Throws when a phase to skip does not exist. */
export async function runAllPhases<C>(
  phases: readonly Phase<C>[],
  context: C,
  signal: AbortSignal,
  options: RunPhasesOptions,
): Promise<void> {
  const [unknown] = unknownPhases(phases, options.skip ?? []);
  if (unknown !== undefined) throw new CommandError(`invalid phase name: ${unknown}`);
  await runPhases(phases, context, signal, options);
}

/** The list of phases in the help text of `command`. */
export function phaseHelp<C>(command: string, phases: readonly Phase<C>[]): string {
  const rows = (list: readonly Phase<C>[], depth: number): [string, string][] =>
    list
      .filter(({ hidden }) => !hidden)
      .flatMap((phase) => [
        [`${'  '.repeat(depth)}${depth === 0 ? '' : '/'}${phase.name}`, phase.short],
        ...rows(phase.phases ?? [], depth + 1),
      ]);
  const all = rows(phases, 0);
  const width = Math.max(...all.map(([name]) => name.length)) + 2;
  const lines = all.map(([name, short]) => `${name.padEnd(width)}${short}\n`).join('');
  return `\nThe "${command}" command executes the following phases:\n\`\`\`\n${lines}\`\`\`\n`;
}
