import { gatesOfRelease } from '@typernetes/api/emulated-gates';
import type { ReleaseGates } from '@typernetes/api/gate-settings';
import { version } from '@typernetes/base';

/** Features of later releases that a server emulating an earlier one serves nevertheless. */
export interface ForwardCompatibility {
  /** `--emulation-forward-compatible` */
  readonly all?: boolean;
  /** `--runtime-config-emulation-forward-compatible` */
  readonly runtimeConfig?: boolean;
}

export interface MajorMinor {
  readonly major: number;
  readonly minor: number;
}

/** The flags `--emulated-version` and `--min-compatibility-version`, as they were given. */
export interface VersionFlags {
  readonly emulated: readonly string[];
  /** Which resources of later releases are served anyway; default: none. */
  readonly forward?: ForwardCompatibility;
  readonly minCompatibility: readonly string[];
}

const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
const own: MajorMinor = { major: Number(major), minor: Number(minor) };
/** How many releases back a server can emulate, or be compatible with. */
const compatibleReleases = 3;

const shown = ({ major, minor }: MajorMinor): string => `${major}.${minor}`;
const earlier = ({ major, minor }: MajorMinor, releases: number): MajorMinor => ({ major, minor: minor - releases });
const isBetween = (one: MajorMinor, from: MajorMinor, to: MajorMinor): boolean =>
  one.major === to.major && one.minor >= from.minor && one.minor <= to.minor;

/**
 * The oldest release of other servers in the cluster: from the flag, else the one before the emulated release. The
 * flags must be valid.
 */
export function minCompatibility(flags: VersionFlags): MajorMinor {
  const floor = earlier(own, compatibleReleases);
  const before = earlier(emulatedVersion(flags), 1);
  return versionsOf(flags.minCompatibility).get(kube) ?? (before.minor < floor.minor ? floor : before);
}

/** The release that the server emulates: from the flag, else its own. The flags must be valid. */
export function emulatedVersion(flags: VersionFlags): MajorMinor {
  return versionsOf(flags.emulated).get(kube) ?? own;
}

/** For `version_info`. The flags must be valid. */
export const versionNames = (flags: VersionFlags) => ({
  binary: shown(own),
  emulation: shown(emulatedVersion(flags)),
  minCompatibility: shown(minCompatibility(flags)),
});

/** Whether a release is that of the server itself. */
export const isOwnRelease = ({ major, minor }: MajorMinor): boolean => major === own.major && minor === own.minor;

/** The feature gates of the emulated release; undefined for the server's own release, and for invalid flags. */
export function emulatedGates(flags: VersionFlags): ReleaseGates | undefined {
  if (versionProblems(flags).length > 0) return undefined;
  const emulated = emulatedVersion(flags);
  return isOwnRelease(emulated) ? undefined : gatesOfRelease(emulated);
}

/** The problems with the two flags, in the words of upstream's `component-base/compatibility`. */
export function versionProblems(flags: VersionFlags): string[] {
  try {
    const emulated = versionsOf(flags.emulated).get(kube) ?? own;
    const compatible = minCompatibility(flags);
    const problems: string[] = [];
    const floor = earlier(own, compatibleReleases);
    if (!isBetween(emulated, floor, own))
      problems.push(`emulation version ${shown(emulated)} is not between [${shown(floor)}, ${shown(own)}.0]`);
    if (!isBetween(compatible, floor, emulated))
      problems.push(
        `minCompatibilityVersion version ${shown(compatible)} is not between [${shown(floor)}, ${shown(emulated)}]`,
      );
    const { all = false, runtimeConfig = false } = flags.forward ?? {};
    if ((all || runtimeConfig) && isOwnRelease(emulated))
      problems.push(
        `--${all ? '' : 'runtime-config-'}emulation-forward-compatible can only be set to true if the emulation version is lower than the binary version`,
      );
    return problems;
  } catch (error) {
    if (error instanceof VersionError) return [error.message];
    throw error;
  }
}

/** The component that this server is; others would be extensions compiled into it. */
const kube = 'kube';

class VersionError extends Error {
  override readonly name = 'VersionError';
}

/** `component=1.36` or `1.36`, which is kube's. Throws a VersionError. */
function versionsOf(pairs: readonly string[]): Map<string, MajorMinor> {
  const versions = new Map<string, MajorMinor>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const component = equals < 0 ? kube : pair.slice(0, equals).trim();
    const { patch, ...parsed } = parse(equals < 0 ? pair : pair.slice(equals + 1).trim());
    if (patch !== 0) throw new VersionError(`patch version not allowed, got: ${component}=${shown(parsed)}.${patch}`);
    const before = versions.get(component);
    if (before)
      throw new VersionError(`duplicate version flag, ${component}=${shown(before)} and ${component}=${shown(parsed)}`);
    versions.set(component, parsed);
  }
  for (const component of versions.keys())
    if (component !== kube) throw new VersionError(`component not registered: ${component}`);
  return versions;
}

function parse(text: string): MajorMinor & { readonly patch: number } {
  const [, numbers] = /^\s*v?([0-9]+(?:\.[0-9]+)*)/.exec(text) ?? [];
  if (numbers === undefined) throw new VersionError(`could not parse ${JSON.stringify(text)} as version`);
  const [major = '', minor, patch = '0'] = numbers.split('.');
  if (minor === undefined) throw new VersionError(`illegal version string ${JSON.stringify(text)}`);
  if (/^0./.test(major))
    throw new VersionError(
      `illegal zero-prefixed version component ${JSON.stringify(major)} in ${JSON.stringify(text)}`,
    );
  return { major: Number(major), minor: Number(minor), patch: Number(patch) };
}
