import type { FlagSpecs } from '@typernetes/process';
import { CommandError } from '../output.ts';
import type { PhaseHelp } from '../phase.ts';
import { globalFlags } from './command.ts';
import type { PhaseMenu, PhaseOutline } from './phase-menu.ts';

/** One page of help: a phase, or a group of them. */
export interface PhasePage {
  /** The words that lead to it, after the command's own. */
  readonly names: readonly string[];
  readonly short: string;
  readonly help: PhaseHelp;
  readonly flags: readonly string[];
  /** Other names, by the place in `names`. */
  readonly aliasesAt: readonly (readonly string[])[];
  /** Of a group: what can be named next. */
  readonly choices: readonly { readonly name: string; readonly short: string }[];
}

/** The page of the phase that `names` lead to; undefined when there is none. */
export function phasePage(menu: PhaseMenu, names: readonly string[]): PhasePage | undefined {
  return pages(menu).find(
    (page) =>
      page.names.length === names.length &&
      page.names.every((name, i) => name === names[i] || (page.aliasesAt[i]?.includes(names[i] ?? '') ?? false)),
  );
}

/** All pages, the menu's own first, groups before what they hold. */
export function pages(menu: PhaseMenu): PhasePage[] {
  const page = (phase: PhaseOutline, parent: Pick<PhasePage, 'names' | 'aliasesAt'>): PhasePage[] => {
    const { short, help = {} } = phase;
    const place = {
      names: [...parent.names, phase.name],
      aliasesAt: [...parent.aliasesAt, help.aliases ?? []],
    };
    const path = place.names.join('/');
    const parts = (phase.phases ?? []).filter(({ hidden }) => !hidden);
    const everything = menu.flags[`${path}/all`];
    const all = everything && { name: 'all', short: help.whole ?? short };
    const choices = [...(all ? [all] : []), ...parts].map((choice) => ({ name: choice.name, short: choice.short }));
    const ofAll = all && { ...all, names: [...place.names, 'all'], aliasesAt: [...place.aliasesAt, []] };
    return [
      { ...place, short, help, flags: menu.flags[path] ?? [], choices: choices.sort(byName) },
      ...(ofAll && everything
        ? [{ ...ofAll, help: { examples: help.examples ?? [] }, flags: everything, choices: [] }]
        : []),
      ...parts.flatMap((part) => page(part, place)),
    ];
  };
  const phases = menu.phases.filter(({ hidden }) => !hidden);
  const choices = phases.map(({ name, short }) => ({ name, short })).sort(byName);
  const top = { names: [], aliasesAt: [] };
  return [{ ...top, short: '', help: {}, flags: [], choices }, ...phases.flatMap((phase) => page(phase, top))];
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

/** Whether the names lead to phases that are to be chosen from. */
export const isGroup = (menu: PhaseMenu, names: readonly string[]): boolean =>
  (phasePage(menu, names)?.choices.length ?? 0) > 0;

/** Where a phase's name ends and other arguments begin. */
export function phaseNamesOf(menu: PhaseMenu, words: readonly string[]): readonly string[] {
  const names = words.flatMap((word) => word.split('/'));
  let count = 0;
  while (count < names.length && phasePage(menu, names.slice(0, count + 1))) count++;
  return names.slice(0, count);
}

/** Throws pflag's complaint when a flag was given that the phase does not take. */
export function refuseFlagsOfOthers(menu: PhaseMenu, names: readonly string[], given: ReadonlySet<string>): void {
  const path = names.join('/');
  const taken = menu.flags[path] ?? menu.flags[`${path}/all`];
  if (!taken) return;
  const foreign = [...given].find((name) => !taken.includes(name) && !everywhere.has(name));
  if (foreign !== undefined) throw new CommandError(`unknown flag: --${foreign}`);
}

/** Whether words may stand behind the names of this phase. */
export const takesArgument = (menu: PhaseMenu, names: readonly string[]): boolean =>
  menu.argument !== undefined && (phasePage(menu, names)?.flags.includes(menu.argument.with) ?? false);

/** Flags that every phase takes: those of the whole program. */
const everywhere = new Set(Object.keys(globalFlags));

/** Those of a command's flags that a page lists. */
export const flagsOfPage = (page: PhasePage, flags: FlagSpecs): FlagSpecs =>
  Object.fromEntries(Object.entries(flags).filter(([name]) => page.flags.includes(name)));
