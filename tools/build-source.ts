import { execFileSync } from 'node:child_process';

/** Facts about the build, as upstream's `/version` reports them. */
export interface BuildSource {
  readonly commit: string;
  readonly treeState: 'clean' | 'dirty';
  /** The date of the commit, so that the same sources give the same build. RFC 3339, UTC. */
  readonly date: string;
}

/** Reads the facts from git; undefined for sources without a repository. */
export function buildSource(root: string): BuildSource | undefined {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const [commit = '', seconds = ''] = git('log', '-1', '--format=%H %ct').split(' ');
    const date = `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`;
    return { commit, treeState: git('status', '--porcelain') === '' ? 'clean' : 'dirty', date };
  } catch (error) {
    // No git, or no repository, as when building from an archive.
    if (error instanceof Error && ('status' in error || 'code' in error)) return undefined;
    throw error;
  }
}
