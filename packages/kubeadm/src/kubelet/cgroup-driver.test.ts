import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupDriversAgree } from '../preflight/cgroup-driver-check.ts';
import { FakeHost } from '../testing/index.ts';
import { cgroupDriver, containerdConfigFile } from './cgroup-driver.ts';

const plain = 'version = 2\n';
const systemdCgroup = `${plain}[options]\n  SystemdCgroup = true\n`;
const cases: [
  what: string,
  systemd: boolean,
  config: string | undefined,
  driver: string,
  warning: RegExp | undefined,
][] = [
  ['no systemd', false, plain, 'cgroupfs', undefined],
  ['systemd, which containerd leaves it to', true, systemdCgroup, 'systemd', undefined],
  [
    'systemd, and containerd as it comes',
    true,
    plain,
    'cgroupfs',
    /the kubelet will do as the runtime does: set "SystemdCgroup = true"/,
  ],
  ['systemd, and a containerd that says nothing', true, undefined, 'systemd', undefined],
  ['systemd, and a configuration that imports others', true, 'imports = ["/a"]\n', 'systemd', undefined],
  [
    'no systemd, but a containerd that asks it',
    false,
    systemdCgroup,
    'cgroupfs',
    /the container runtime uses "systemd": set "SystemdCgroup = false"/,
  ],
];
for (const [what, systemd, config, driver, warning] of cases) {
  test(what, async () => {
    const host = new FakeHost({
      files: {
        ...(systemd ? { '/run/systemd/system/.': '' } : {}),
        ...(config === undefined ? {} : { [containerdConfigFile]: config }),
      },
    });
    assert.equal(await cgroupDriver(host.files), driver);
    const { warnings = [] } = await cgroupDriversAgree('unix:///run/containerd/containerd.sock').run(host);
    assert.equal(warnings.length, warning ? 1 : 0);
    if (warning) assert.match(warnings[0] ?? '', warning);
  });
}
