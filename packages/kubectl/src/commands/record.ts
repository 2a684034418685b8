import type { ApiObject, JsonObject } from '@typernetes/machinery';
import { type FlagSpecs, parseFlags } from '@typernetes/process';
import { globalFlags } from '../global-flags.ts';
import type { Session } from '../session.ts';
import { changeCauseAnnotation } from './rollout-revisions.ts';

/** The command line as `rollout history` shows it: words first, then flags, whatever their order. */
export function changeCauseOf(
  { flags }: { readonly flags: FlagSpecs },
  { name, args }: { readonly name: string; readonly args: readonly string[] },
): string {
  const texts: string[] = [];
  const { positional, rest = [] } = parseFlags<FlagSpecs>({ ...globalFlags, ...flags }, args, {
    seen: (flag, text) => texts.push(`--${flag}=${secret.has(flag) ? 'CLASSIFIED' : text}`),
  });
  return ['kubectl', name, ...positional, ...rest, ...texts].join(' ');
}

/** Upstream writes them out. */
const secret: ReadonlySet<string> = new Set(['password', 'token']);

/** The annotation of `--record`; undefined without the flag. */
export function changeCausePatch({ changeCause }: Session): { readonly metadata: JsonObject } | undefined {
  return changeCause === undefined
    ? undefined
    : { metadata: { annotations: { [changeCauseAnnotation]: changeCause } } };
}

/** Adds the change-cause annotation if `--record` is set. */
export function recorded<T extends Pick<ApiObject, 'metadata'>>(object: T, { changeCause }: Session): T {
  if (changeCause === undefined) return object;
  const annotations = { ...object.metadata.annotations, [changeCauseAnnotation]: changeCause };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
