import { execFileSync } from 'node:child_process';

/** What was built: upstream's `/version` tells it. */
export interface BuildSource {
  readonly commit: string;
  readonly treeState: 'clean' | 'dirty';
  /** Of the commit, so that the same sources make the same build. RFC 3339, UTC. */
  readonly date: string;
}

/** What git says of the sources; undefined where they came without it. */
export function buildSource(root: string): BuildSource | undefined {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const [commit = '', seconds = ''] = git('log', '-1', '--format=%H %ct').split(' ');
    const date = `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`;
    return { commit, treeState: git('status', '--porcelain') === '' ? 'clean' : 'dirty', date };
  } catch (error) {
    // No git, or no repository: whoever builds from an archive knows what it is.
    if (error instanceof Error && ('status' in error || 'code' in error)) return undefined;
    throw error;
  }
}
