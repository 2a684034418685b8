import { type FieldProblem, invalidValue, keyPath } from '@typernetes/machinery';
import { type Level, levels } from './check.ts';

export const labelPrefix = 'pod-security.kubernetes.io/';
export const modes = ['enforce', 'audit', 'warn'] as const;
export type Mode = (typeof modes)[number];

/** A level as of a version; `minor` is Infinity for the latest. */
export interface LevelVersion {
  readonly level: Level;
  readonly minor: number;
}

export type Policy = Readonly<Record<Mode, LevelVersion>>;

/** The form in messages: `restricted:latest`, `baseline:v1.30`. */
export function textOf({ level, minor }: LevelVersion): string {
  return `${level}:${minor === Number.POSITIVE_INFINITY ? 'latest' : `v1.${minor}`}`;
}

export const privileged: LevelVersion = { level: 'privileged', minor: Number.POSITIVE_INFINITY };

/**
 * The levels in `labels`, else in `defaults`, and the labels that are invalid: for those enforcing fails closed,
 * warnings and audit fail open.
 */
export function policyOf(
  labels: Readonly<Record<string, string>> | undefined,
  defaults: Policy,
): { readonly policy: Policy; readonly problems: readonly FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const read = (mode: Mode): LevelVersion => {
    const [levelKey, versionKey] = [`${labelPrefix}${mode}`, `${labelPrefix}${mode}-version`];
    const [levelText, versionText] = [labels?.[levelKey], labels?.[versionKey]];
    let { level, minor } = defaults[mode];
    if (levelText !== undefined) {
      const known = parseLevel(levelText);
      if (!known) problems.push(problem(levelKey, levelText, `must be one of ${levels.join(', ')}`));
      level = known ?? (mode === 'enforce' ? 'restricted' : 'privileged');
    }
    if (versionText !== undefined) {
      const known = parseVersion(versionText);
      if (known === undefined) problems.push(problem(versionKey, versionText, 'must be "latest" or "v1.x"'));
      minor = known ?? Number.POSITIVE_INFINITY;
    }
    return { level, minor };
  };
  const [enforce, audit, warn] = [read('enforce'), read('audit'), read('warn')];
  const warnsLess = levels.indexOf(enforce.level) > levels.indexOf(warn.level);
  const followsEnforce =
    labels?.[`${labelPrefix}enforce`] !== undefined && labels[`${labelPrefix}warn`] === undefined && warnsLess;
  return { policy: { enforce, audit, warn: followsEnforce ? enforce : warn }, problems };
}

const problem = (key: string, value: string, why: string): FieldProblem =>
  invalidValue(keyPath('metadata.labels', key), value, why);

export const parseLevel = (text: string): Level | undefined => levels.find((level) => level === text);

export function parseVersion(text: string): number | undefined {
  if (text === 'latest') return Number.POSITIVE_INFINITY;
  const minor = /^v1\.(0|[1-9][0-9]*)$/.exec(text)?.[1];
  return minor === undefined ? undefined : Number(minor);
}
