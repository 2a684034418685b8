import type { PodSecurityConfiguration } from '@typernetes/api/podsecurity.config/v1';
import { type Mode, modes, type Policy, parseLevel, parseVersion, privileged } from './policy.ts';

/** The defaults for namespaces without labels, and the exemptions. */
export interface PodSecurityRules {
  readonly defaults: Policy;
  readonly exempt: {
    readonly usernames: ReadonlySet<string>;
    readonly namespaces: ReadonlySet<string>;
    readonly runtimeClasses: ReadonlySet<string>;
  };
}

const nobody: PodSecurityRules['exempt'] = { usernames: new Set(), namespaces: new Set(), runtimeClasses: new Set() };

export const defaultRules: PodSecurityRules = {
  defaults: { enforce: privileged, audit: privileged, warn: privileged },
  exempt: nobody,
};

/** Reads a PodSecurityConfiguration. Throws an Error that names the first wrong value. */
export function podSecurityRules(config: PodSecurityConfiguration | undefined): PodSecurityRules {
  if (!config) return defaultRules;
  const read = (mode: Mode) => {
    const levelText = config.defaults?.[mode] || 'privileged';
    const versionText = config.defaults?.[`${mode}-version`] || 'latest';
    const level = parseLevel(levelText);
    if (!level)
      throw new Error(
        `defaults.${mode}: Invalid value: ${JSON.stringify(levelText)}: must be one of privileged, baseline, restricted`,
      );
    const minor = parseVersion(versionText);
    if (minor === undefined)
      throw new Error(
        `defaults.${mode}-version: Invalid value: ${JSON.stringify(versionText)}: must be "latest" or "v1.x"`,
      );
    return [mode, { level, minor }] as const;
  };
  const { usernames, namespaces, runtimeClasses } = config.exemptions ?? {};
  return {
    defaults: Object.fromEntries(modes.map(read)) as unknown as Policy,
    exempt: {
      usernames: new Set(usernames),
      namespaces: new Set(namespaces),
      runtimeClasses: new Set(runtimeClasses),
    },
  };
}
