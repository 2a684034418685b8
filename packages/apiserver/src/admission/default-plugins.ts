import type { AdmissionPlugin } from './admission-plugin.ts';
import { type AdmissionDeps, knownPlugins } from './plugin-table.ts';

export interface PluginChoice {
  /** `--enable-admission-plugins` */
  readonly enabled: readonly string[];
  /** `--disable-admission-plugins` */
  readonly disabled: readonly string[];
}

/** The problems with the two flags, in upstream's words. */
export function pluginChoiceProblems({ enabled, disabled }: PluginChoice): string[] {
  const known = new Set(knownPlugins.map((plugin) => plugin.name));
  const unknown = (flag: string, names: readonly string[]): string[] =>
    names.filter((name) => !known.has(name)).map((name) => `${flag} plugin ${JSON.stringify(name)} is unknown`);
  const both = enabled.filter((name) => disabled.includes(name));
  return [
    ...(both.length > 0
      ? [`[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`]
      : []),
    ...unknown('enable-admission-plugins', enabled),
    ...unknown('disable-admission-plugins', disabled),
  ];
}

/** The plugins that a server runs, in order; and the names of those that were asked for and that we do not have. */
export function choosePlugins(
  choice: PluginChoice,
  deps: AdmissionDeps,
  featureEnabled: (gate: string) => boolean = () => false,
): { readonly plugins: AdmissionPlugin[]; readonly missing: string[] } {
  const { enabled, disabled } = choice;
  const chosen = knownPlugins.filter(
    ({ name, byDefault }) => enabled.includes(name) || (byDefault && !disabled.includes(name)),
  );
  return {
    plugins: chosen.flatMap(({ make }) => (make ? [make(deps)] : [])),
    missing: chosen
      .filter(({ name, make, behind }) => !make && (behind ? featureEnabled(behind) : enabled.includes(name)))
      .map(({ name }) => name),
  };
}
