import { buildSource, version } from '@typernetes/base';

const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(version) ?? [];

/** What a program says of itself (upstream: version.Info). */
export const versionInfo = {
  major,
  minor,
  gitVersion: version,
  gitCommit: buildSource.commit,
  gitTreeState: buildSource.treeState,
  buildDate: buildSource.date,
  // What runs it stands where upstream names its language and compiler.
  goVersion: `node${process.versions.node}`,
  compiler: 'v8',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};
