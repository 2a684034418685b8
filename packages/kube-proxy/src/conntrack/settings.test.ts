import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { completeProxyConfig, type ProxyConfigFile } from '../options/config.ts';
import { applyConntrack, conntrackSettings } from './settings.ts';

const netfilter = 'proc/sys/net/netfilter/nf_conntrack_';
const hashsize = 'sys/module/nf_conntrack/parameters/hashsize';

const settingsOf = (conntrack: NonNullable<ProxyConfigFile['conntrack']>, cores: number): Record<string, number> =>
  Object.fromEntries(
    conntrackSettings(completeProxyConfig({ conntrack }).conntrack, cores).map(({ file, value }) => [
      file.replace(netfilter, ''),
      value,
    ]),
  );

test('table size and timeouts match upstream', () => {
  const asKubeadmWrites = { maxPerCore: null, min: null, tcpEstablishedTimeout: null, tcpCloseWaitTimeout: null };
  for (const conntrack of [{}, asKubeadmWrites])
    assert.deepEqual(settingsOf(conntrack, 2), {
      max: 131_072,
      [hashsize]: 32_768,
      tcp_timeout_established: 86_400,
      tcp_timeout_close_wait: 3600,
    });
  assert.equal(settingsOf({}, 8).max, 262_144);
});

test('zero leaves a setting alone, and other values are used as given', () => {
  const none = { maxPerCore: 0, min: 4, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' };
  assert.deepEqual(settingsOf(none, 2), {});
  assert.deepEqual(settingsOf({ ...none, tcpBeLiberal: true, udpTimeout: '10s', udpStreamTimeout: '3m' }, 2), {
    tcp_be_liberal: 1,
    udp_timeout: 10,
    udp_timeout_stream: 180,
  });
});

test('keeps a larger table, lowers a timeout, and reports settings that do not exist', () => {
  const root = mkdtempSync(join(tmpdir(), 'conntrack-'));
  try {
    const files = { [`${netfilter}max`]: '262144\n', [`${netfilter}tcp_timeout_established`]: '432000\n' };
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    const problems = applyConntrack(conntrackSettings(completeProxyConfig({}).conntrack, 2), root);
    assert.deepEqual(
      Object.keys(files).map((file) => readFileSync(join(root, file), 'utf8')),
      ['262144\n', '86400'],
    );
    assert.deepEqual(
      problems.map((problem) => problem.replace(/^(ENOENT).*\/(\w+)'$/, '$1 $2')),
      ['ENOENT hashsize', 'ENOENT nf_conntrack_tcp_timeout_close_wait'],
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});
