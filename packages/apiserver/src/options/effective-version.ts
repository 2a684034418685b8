import { version } from '@typernetes/base';

interface MajorMinor {
  readonly major: number;
  readonly minor: number;
}

/** The flags `--emulated-version` and `--min-compatibility-version`, as they were given. */
export interface VersionFlags {
  readonly emulated: readonly string[];
  readonly minCompatibility: readonly string[];
}

const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
const own: MajorMinor = { major: Number(major), minor: Number(minor) };
/** How many releases back upstream lets a server stay compatible. */
const compatibleReleases = 3;

const shown = ({ major, minor }: MajorMinor): string => `${major}.${minor}`;
const earlier = ({ major, minor }: MajorMinor, releases: number): MajorMinor => ({ major, minor: minor - releases });
const isBetween = (one: MajorMinor, from: MajorMinor, to: MajorMinor): boolean =>
  one.major === to.major && one.minor >= from.minor && one.minor <= to.minor;

/**
 * The oldest release that other servers of the cluster may be of: what the flag says, else the one before this server's. The flags
 * must have no problems.
 */
export function minCompatibility(flags: VersionFlags): MajorMinor {
  return versionsOf(flags.minCompatibility).get(kube) ?? earlier(own, 1);
}

/**
 * What is wrong with the two flags, in the words of upstream's `component-base/compatibility`. No release but this server's own is
 * emulated: upstream goes three releases back.
 */
export function versionProblems(flags: VersionFlags): string[] {
  try {
    const emulated = versionsOf(flags.emulated).get(kube) ?? own;
    const compatible = minCompatibility(flags);
    const problems: string[] = [];
    if (!isBetween(emulated, own, own))
      problems.push(`emulation version ${shown(emulated)} is not between [${shown(own)}, ${shown(own)}.0]`);
    const floor = earlier(own, compatibleReleases);
    if (!isBetween(compatible, floor, emulated))
      problems.push(
        `minCompatibilityVersion version ${shown(compatible)} is not between [${shown(floor)}, ${shown(emulated)}]`,
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
