import { buildSource, version } from '@typernetes/base';

const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(version) ?? [];

/** The program's version (upstream: version.Info). */
export const versionInfo = {
  major,
  minor,
  gitVersion: version,
  gitCommit: buildSource.commit,
  gitTreeState: buildSource.treeState,
  buildDate: buildSource.date,
  // Node takes the place of upstream's Go version and compiler.
  goVersion: `node${process.versions.node}`,
  compiler: 'v8',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};
