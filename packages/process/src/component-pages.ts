import { type Clock, version } from '@typernetes/base';

/** Facts about a program, for `/statusz` and `/flagz`. */
export interface ComponentFacts {
  readonly name: string;
  /** The effective flags, by name. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** The release that is emulated; default: its own. */
  readonly emulated?: { readonly major: number; readonly minor: number };
  readonly clock: Clock;
}

export interface ComponentPage {
  readonly status: 200 | 406;
  readonly type: 'text/plain; charset=utf-8' | 'application/json';
  readonly body: string;
}

const warning =
  'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.';

/**
 * `/statusz` and `/flagz`: text for people, and a versioned object for clients that accept it; undefined for any other
 * path. `paths` are those that the program serves.
 */
export function componentPages(
  { name, flags, emulated, clock }: ComponentFacts,
  paths: readonly string[],
): (path: string, accept: string | undefined) => ComponentPage | undefined {
  const startedAt = clock.now();
  const metadata = { name };
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const emulationVersion = emulated ? `${emulated.major}.${emulated.minor}` : `${major}.${minor}`;
  return (path, accept = '') => {
    if (path === '/statusz') {
      const uptimeSeconds = Math.floor((clock.now() - startedAt) / 1000);
      const facts = {
        startTime: `${new Date(startedAt).toISOString().slice(0, 19)}Z`,
        uptimeSeconds,
        goVersion: `node ${process.versions.node}`,
        binaryVersion: version.slice(1),
        emulationVersion,
        paths,
      };
      return answer(accept, { kind: 'Statusz', metadata, ...facts }, () => [
        `${name} statusz`,
        warning,
        '',
        `Started: ${new Date(startedAt).toUTCString()}`,
        `Up: ${uptimeText(uptimeSeconds)}`,
        `Go version: ${facts.goVersion}`,
        `Binary version: ${facts.binaryVersion}`,
        `Emulation version: ${emulationVersion}`,
        `Paths: ${paths.join(' ')}`,
      ]);
    }
    if (path !== '/flagz') return undefined;
    const shown = Object.fromEntries(
      Object.entries(flags)
        .filter(([, value]) => value !== undefined)
        .map(([flag, value]) => [flag, flagText(value)])
        .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    );
    return answer(accept, { kind: 'Flagz', metadata, flags: shown }, () => [
      `${name} flagz`,
      warning,
      '',
      ...Object.entries(shown).map(([flag, value]) => `${flag}=${value}`),
    ]);
  };
}

function answer(
  accept: string,
  object: { kind: string; [member: string]: unknown },
  lines: () => string[],
): ComponentPage {
  const wanted = /application\/json;[^,]*as=(\w+)/.exec(accept)?.[1];
  const version = /[;,]\s*v=(v1alpha1|v1beta1)\b/.exec(accept)?.[1];
  if (wanted === object.kind && accept.includes('g=config.k8s.io') && version !== undefined) {
    const body = JSON.stringify({ apiVersion: `config.k8s.io/${version}`, ...object });
    return { status: 200, type: 'application/json', body };
  }
  if (accept === '' || /text\/plain|text\/\*|\*\/\*/.test(accept))
    return { status: 200, type: 'text/plain; charset=utf-8', body: `\n${lines().join('\n')}\n` };
  const body = 'only the following media types are accepted: text/plain, application/json';
  return { status: 406, type: 'text/plain; charset=utf-8', body };
}

function uptimeText(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)} hr ${two(Math.floor((seconds % 3600) / 60))} min ${two(seconds % 60)} sec`;
}

/** Lists as a comma-separated text, maps as `key=value`s. */
function flagText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, one]) => `${key}=${String(one)}`)
      .join(',');
  return String(value);
}
