import { join } from 'node:path';

/** A folder of a git repository, as URLs name it: `https://host/org/repo//folder?ref=v1`. */
export interface Repository {
  /** The URL for git. */
  readonly url: string;
  /** The path within the repository; empty for its root. */
  readonly folder: string;
  readonly ref: string;
  readonly submodules: boolean;
  /** In milliseconds. */
  readonly timeout: number;
}

/** The part that upstream strips with a warning. */
export const forcedGit = 'git::';

const schemes = ['file://', 'https://', 'http://', 'ssh://'];
const defaultTimeout = 27_000;

/** Parses a kustomization's path as a repository; undefined for other paths. */
export function repositoryAt(path: string): Repository | undefined {
  if (path.startsWith('/')) return undefined;
  const [address = '', query = ''] = (path.startsWith(forcedGit) ? path.slice(forcedGit.length) : path).split(
    /\?(.*)/s,
  );
  const scheme = schemes.find((one) => address.toLowerCase().startsWith(one)) ?? '';
  const host = hostOf(address, scheme);
  if (!host) return undefined;
  const split = splitRepository(host.rest, scheme === 'file://');
  if (!split || split.repository === '' || join('/', split.folder, '.').startsWith('/..')) return undefined;
  const options = new URLSearchParams(query);
  return {
    url: `${host.name}${split.repository}`,
    folder: split.folder.replace(/^\/+/, ''),
    ref: options.get('ref') ?? options.get('version') ?? '',
    submodules: options.get('submodules') !== 'false',
    timeout: milliseconds(options.get('timeout')) ?? defaultTimeout,
  };
}

function hostOf(address: string, scheme: string): { name: string; rest: string } | undefined {
  let left = address.slice(scheme.length);
  const [user = ''] = /^[a-zA-Z][a-zA-Z0-9-]*@/.exec(left) ?? [];
  left = left.slice(user.length);
  const isGithub = /^(ssh\.)?github\.com[:/]/i.test(left);
  // `git@host:org/repo`, as scp has it.
  const isScp = scheme === '' && (user !== '' || isGithub);
  if (scheme === '' && !isScp) return undefined;
  if (scheme === 'file://') return { name: scheme, rest: left };
  const end = left.search(isScp ? /[:/]/ : /\//);
  if (end <= 0) return undefined;
  const rest = left.slice(end + 1);
  if (isGithub)
    return { name: user === 'git@' && scheme !== 'https://' ? 'git@github.com:' : 'https://github.com/', rest };
  return { name: `${scheme}${user}${left.slice(0, end + 1)}`, rest };
}

/** At `//`, behind `.git`, behind what follows `_git/`; else all of a file's path, and two steps of others. */
function splitRepository(path: string, isFile: boolean): { repository: string; folder: string } | undefined {
  const azure = /^(.*?_git\/[^/]+)\/?(.*)$/s.exec(path);
  const marked = azure ?? /^(.*?)\/\/(.*)$/s.exec(path) ?? /^(.*?\.git)(.*)$/s.exec(path);
  if (marked) return { repository: marked[1] ?? '', folder: marked[2] ?? '' };
  if (isFile) return { repository: path, folder: '' };
  const steps = path.split('/');
  if (steps.length < 2) return undefined;
  return { repository: steps.slice(0, 2).join('/'), folder: steps.slice(2).join('/') };
}

/** `90`, of seconds, or `1m30s`. */
function milliseconds(text: string | null): number | undefined {
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000 || undefined;
  const [, hours = 0, minutes = 0, seconds = 0] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 || undefined;
}
