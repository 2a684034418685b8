import assert from 'node:assert/strict';
import { chmod, link, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { PersistentVolume, PersistentVolumeClaim, Pod, PodSpec } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { RecordedEvents } from '@typernetes/client/testing';
import { containerEvents } from '../status/container-events.ts';
import { podOf } from '../testing/pod-machine.ts';
import type { DeviceMount } from './block-device.ts';
import { memoryBytesOf } from './memory-medium.ts';
import type { Mounter } from './mount.ts';
import { giveToGroup } from './ownership.ts';
import { bindSubPath } from './sub-path.ts';
import type { VolumeError } from './volume-retries.ts';
import { Volumes } from './volumes.ts';

const facts = {
  nodeName: 'n',
  hostIps: ['10.0.0.1'],
  podIps: [],
  allocatable: { cpu: '1', memory: '1', 'ephemeral-storage': '1' },
};

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'volumes-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

class FakeMounter implements Mounter {
  readonly calls: string[] = [];
  /** What was bound: its content if it is a file, else `directory`. */
  readonly bound: string[] = [];
  readonly unmounted: string[] = [];
  async tmpfs(path: string): Promise<void> {
    this.calls.push(`tmpfs ${path.split('/').slice(-2).join('/')}`);
  }
  async hugepages(path: string, pageBytes: number): Promise<void> {
    this.calls.push(`hugepages ${pageBytes} ${path.split('/').slice(-2).join('/')}`);
  }
  async bind(source: string): Promise<void> {
    this.bound.push((await stat(source)).isDirectory() ? 'directory' : await readFile(source, 'utf8'));
  }
  async mount({ source }: { source: string }, target: string): Promise<void> {
    this.calls.push(`mount ${source} ${target.split('/').slice(-2).join('/')}`);
  }
  async device({ device, target, fsType, options }: DeviceMount): Promise<void> {
    this.calls.push(`device ${[device, ...target.split('/').slice(-2), fsType, ...options].join(' ')}`);
  }
  async unmountBelow(path: string): Promise<void> {
    this.unmounted.push(path);
  }
}

const anchor = '-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n';

function machineWith(folder: string, objects: { claims?: PersistentVolumeClaim[]; volumes?: PersistentVolume[] } = {}) {
  const events = new RecordedEvents();
  const mounter = new FakeMounter();
  const clock = new FakeClock();
  /** Names of config maps and secrets that are not there. */
  const missing = new Set<string>();
  const held = (kind: string, name: string, data: Record<string, string>): never => {
    if (missing.has(name)) throw new Error(`${kind} "${name}" not found`);
    return { metadata: { name }, data } as never;
  };
  const named = <T extends { metadata: { name: string } }>(kind: string, all: readonly T[] = [], name: string): T => {
    const found = all.find(({ metadata }) => metadata.name === name);
    if (!found) throw new Error(`${kind} "${name}" not found`);
    return found;
  };
  const volumes = new Volumes({
    podsDir: join(folder, 'pods'),
    clock,
    log: silentLogger,
    events: containerEvents(events),
    mounter,
    sources: {
      configMap: async (_, name) => held('configmap', name, { key: 'text' }),
      secret: async (_, name) => held('secret', name, { key: 'c2VjcmV0' }),
      claim: async (_, name) => named('persistentvolumeclaims', objects.claims, name),
      persistentVolume: async (name) => named('persistentvolumes', objects.volumes, name),
      trustBundle: async () => ({ metadata: { name: 'b' }, spec: { trustBundle: anchor } }) as never,
      trustBundles: async () => [],
      certificate: async () => ({ privateKey: 'key\n', certificateChain: 'chain\n' }),
      token: async () => ({ token: 'token', expirationTimestamp: '' }),
    },
  });
  return { volumes, events, mounter, clock, missing };
}

const withVolumes = (volumes: NonNullable<PodSpec['volumes']>): Pod => podOf('web', { volumes });

test('huge page volumes have the size that the containers request, and unknown media are refused', () =>
  inFolder(async (folder) => {
    const { volumes, mounter } = machineWith(folder);
    const pod = (medium: string, ...sizes: string[]): Pod =>
      podOf(`${medium}-${sizes}`, {
        containers: [
          { name: 'c', resources: { requests: Object.fromEntries(sizes.map((size) => [`hugepages-${size}`, '4Mi'])) } },
        ],
        volumes: [{ name: 'v', emptyDir: { medium } }],
      });
    await volumes.prepare(pod('HugePages', '2Mi'), facts);
    await volumes.prepare(pod('HugePages-1Gi', '2Mi', '1Gi'), facts);
    assert.deepEqual(mounter.calls, [
      'hugepages 2097152 kubernetes.io~empty-dir/v',
      'hugepages 1073741824 kubernetes.io~empty-dir/v',
    ]);
    for (const [wrong, message] of [
      [pod('HugePages'), /there is no resource request for huge pages/],
      [pod('HugePages', '2Mi', '1Gi'), /multiple huge page sizes/],
      [pod('HugePages-1Gi', '2Mi'), /hugepages-1Gi is not requested/],
      [pod('Tape'), /unknown storage medium "Tape"/],
    ] as const)
      await assert.rejects(volumes.prepare(wrong, facts), { message });
  }));

test('an emptyDir is open to all, with the group if there is one; in memory it has the sticky bit', () =>
  inFolder(async (folder) => {
    const { volumes } = machineWith(folder);
    const modeWith = async (medium: string, fsGroup?: number): Promise<string> => {
      const pod = podOf(`p${medium}${fsGroup}`, {
        volumes: [{ name: 'v', emptyDir: { medium } }],
        ...(fsGroup === undefined ? {} : { securityContext: { fsGroup } }),
      });
      const path = (await volumes.prepare(pod, facts)).get('v') ?? '';
      return ((await stat(path)).mode & 0o7777).toString(8);
    };
    const group = process.getgid?.() ?? 0;
    assert.deepEqual([await modeWith(''), await modeWith('', group)], ['777', '2777']);
    assert.deepEqual([await modeWith('Memory'), await modeWith('Memory', group)], ['1777', '3777']);
  }));

test('a memory-backed volume holds no more than its pod may use', () => {
  const allocatable = { cpu: '1', memory: '100Mi', 'ephemeral-storage': '1' };
  const pod = (limit?: string): Pod =>
    podOf('web', { containers: [{ name: 'c', ...(limit ? { resources: { limits: { memory: limit } } } : {}) }] });
  const mebi = 2 ** 20;
  for (const [limit, sizeLimit, want] of [
    [undefined, undefined, 100],
    ['20Mi', undefined, 20],
    ['20Mi', '50Mi', 20],
    ['20Mi', '5Mi', 5],
    [undefined, '500Mi', 100],
    [undefined, '0', 100],
  ] as const)
    assert.equal(memoryBytesOf(pod(limit), sizeLimit, { allocatable }), want * mebi, `${limit} ${sizeLimit}`);
});

test('secrets are never written to a disk', () =>
  inFolder(async (folder) => {
    const { volumes, mounter } = machineWith(folder);
    const token = { serviceAccountToken: { path: 'token' } };
    const bundle = { clusterTrustBundle: { path: 'ca.pem', name: 'b' } };
    const pod = withVolumes([
      { name: 'plain', configMap: { name: 'c' } },
      { name: 'hidden', secret: { secretName: 's' } },
      { name: 'token', projected: { sources: [token] } },
      { name: 'public', projected: { sources: [{ configMap: { name: 'c' } }, bundle] } },
    ]);
    const paths = await volumes.prepare(pod, facts);
    assert.deepEqual(mounter.calls.sort(), [
      'tmpfs kubernetes.io~projected/token',
      'tmpfs kubernetes.io~secret/hidden',
    ]);
    assert.equal(await readFile(`${paths.get('hidden')}/key`, 'utf8'), 'secret');
    assert.equal(await readFile(`${paths.get('public')}/key`, 'utf8'), 'text');
    assert.equal(await readFile(`${paths.get('public')}/ca.pem`, 'utf8'), anchor);
  }));

test("a claim leads to its volume, or to upstream's error", () =>
  inFolder(async (folder) => {
    const claim = (name: string, volumeName: string, phase = 'Bound'): PersistentVolumeClaim =>
      ({
        metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '' },
        spec: { volumeName },
        status: { phase },
      }) as never;
    const volume = (name: string, claimUid: string, spec: object): PersistentVolume =>
      ({ metadata: { name, uid: name }, spec: { ...spec, claimRef: { uid: claimUid } } }) as never;
    await mkdir(join(folder, 'data'));
    const { volumes, events } = machineWith(folder, {
      claims: [claim('good', 'pv'), claim('pending', '', 'Pending'), claim('stolen', 'pv'), claim('remote', 'csi')],
      volumes: [
        volume('pv', 'uid-good', { local: { path: join(folder, 'data') } }),
        volume('csi', 'uid-remote', { csi: { driver: 'disks.example.com', volumeHandle: 'h' } }),
      ],
    });
    const of = (claimName: string): Pod =>
      podOf(claimName, {
        volumes: [
          { name: 'v', persistentVolumeClaim: { claimName } },
          { name: 'e', emptyDir: {} },
        ],
      });
    assert.equal((await volumes.prepare(of('good'), facts)).get('v'), join(folder, 'data'));
    const failures = {
      pending: 'error processing PVC default/pending: PVC is not bound',
      absent:
        'error processing PVC default/absent: failed to fetch PVC from API server: persistentvolumeclaims "absent" not found',
      stolen:
        'error processing PVC default/stolen: found PV object pv but its pv.Spec.ClaimRef.UID uid-good does not point to claim.UID uid-stolen',
      remote: 'failed to get Plugin from volumeSpec for volume "csi" err=no volume plugin matched',
    };
    for (const [name, why] of Object.entries(failures)) {
      const message = `unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: ${why}`;
      await assert.rejects(volumes.prepare(of(name), facts), { message, retryMs: 10_000 });
      assert.equal(events.seen.at(-1), `Warning FailedMount Unable to attach or mount volumes: ${message}`);
    }
  }));

test('waits up to a second for the status of a claim that has its volume', () =>
  inFolder(async (folder) => {
    const binding = {
      metadata: { name: 'binding', namespace: 'default', uid: 'uid-binding' },
      spec: { volumeName: 'pv' },
      status: { phase: 'Pending' },
    };
    const volume = { metadata: { name: 'pv' }, spec: { local: { path: folder }, claimRef: { uid: 'uid-binding' } } };
    const { volumes, events, clock } = machineWith(folder, { claims: [binding as never], volumes: [volume as never] });
    const pod = podOf('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'binding' } }] });
    const tooLate = volumes.prepare(pod, facts);
    tooLate.catch(() => {});
    for (let looks = 1; looks < 10; looks++) {
      while (clock.pending === 0) await setImmediate();
      await clock.advance(100);
    }
    await assert.rejects(tooLate, /PVC is not bound/);
    assert.equal(events.seen.length, 1);
    const prepared = volumes.prepare(pod, facts);
    while (clock.pending === 0) await setImmediate();
    binding.status.phase = 'Bound';
    await clock.advance(100);
    assert.equal((await prepared).get('v'), folder);
    assert.equal(events.seen.length, 1);
  }));

test('a failed volume is retried ever less often, independently of the others', () =>
  inFolder(async (folder) => {
    const { volumes, events, clock, missing } = machineWith(folder);
    const pod = withVolumes([
      { name: 'late', secret: { secretName: 's' } },
      { name: 'there', configMap: { name: 'c' } },
    ]);
    missing.add('s');
    const message = 'MountVolume.SetUp failed for volume "late" : secret "s" not found';
    const delays: number[] = [];
    while (delays.length < 10) {
      const { retryMs } = await volumes.prepare(pod, facts).then(
        () => assert.fail('it is there'),
        (error: VolumeError) => error,
      );
      delays.push(retryMs / 1000);
      // An earlier look only gets the reason.
      await clock.advance(retryMs / 2);
      await assert.rejects(volumes.prepare(pod, facts), { message, retryMs: retryMs / 2 });
      await clock.advance(retryMs / 2);
    }
    assert.deepEqual(delays, [0.5, 1, 2, 4, 8, 16, 32, 64, 122, 122]);
    assert.deepEqual(events.seen, Array(10).fill(`Warning FailedMount ${message}`));
    missing.clear();
    const paths = await volumes.prepare(pod, facts);

    // A mounted volume is used as it is, and its delays start over.
    missing.add('s').add('c');
    assert.deepEqual(await volumes.prepare(pod, facts), paths);
    assert.deepEqual(await volumes.prepare(pod, facts), paths);
    assert.deepEqual(
      events.seen.slice(10).sort(),
      [
        `Warning FailedMount ${message}`,
        'Warning FailedMount MountVolume.SetUp failed for volume "there" : configmap "c" not found',
      ].sort(),
    );
    await clock.advance(500);
    await volumes.prepare(pod, facts);
    assert.equal(events.seen.length, 14);

    // A new pod of that name does not inherit it.
    await volumes.release(pod.metadata.uid);
    await assert.rejects(volumes.prepare(pod, facts), { retryMs: 500 });
  }));

test('counts volumes by plugin: wanted and mounted, without those of ended pods', () =>
  inFolder(async (folder) => {
    const claim = (name: string, volumeName: string): PersistentVolumeClaim =>
      ({
        metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' },
        spec: { volumeName },
        status: { phase: 'Bound' },
      }) as never;
    const csi = { driver: 'disks.example.com', volumeHandle: 'h' };
    const { volumes } = machineWith(folder, {
      claims: [claim('remote', 'csi'), claim('here', 'local'), claim('lost', 'none')],
      volumes: [
        { metadata: { name: 'csi' }, spec: { csi, claimRef: { uid: 'remote' } } } as never,
        { metadata: { name: 'local' }, spec: { local: { path: folder }, claimRef: { uid: 'here' } } } as never,
      ],
    });
    const counts = () => volumes.counts.map(({ plugin, desired, actual }) => `${plugin} ${actual}/${desired}`).sort();
    const pod = withVolumes([
      { name: 'a', emptyDir: {} },
      { name: 'b', emptyDir: {} },
      { name: 'c', hostPath: { path: folder } },
      { name: 'd', persistentVolumeClaim: { claimName: 'here' } },
    ]);
    await volumes.prepare(pod, facts);
    await volumes.prepare(pod, facts);
    // There is no such driver here, and no such volume anywhere.
    for (const claimName of ['remote', 'lost']) {
      const other = withVolumes([{ name: 'v', persistentVolumeClaim: { claimName } }]);
      await assert.rejects(volumes.prepare({ ...other, metadata: { ...other.metadata, uid: claimName } }, facts));
    }
    assert.deepEqual(counts(), [
      'kubernetes.io/csi:disks.example.com 0/1',
      'kubernetes.io/empty-dir 2/2',
      'kubernetes.io/host-path 1/1',
      'kubernetes.io/local-volume 1/1',
    ]);
    await volumes.release(pod.metadata.uid);
    assert.deepEqual(counts(), ['kubernetes.io/csi:disks.example.com 0/1']);
  }));

test('writes a pod certificate as a bundle with its key, or both separately', () =>
  inFolder(async (folder) => {
    const { volumes, mounter } = machineWith(folder);
    const signed = { signerName: 'example.com/signer', keyType: 'ED25519' };
    const sources = [
      { podCertificate: { ...signed, credentialBundlePath: 'bundle.pem' } },
      { podCertificate: { ...signed, keyPath: 'key.pem', certificateChainPath: 'chain.pem' } },
    ];
    const paths = await volumes.prepare(withVolumes([{ name: 'v', projected: { sources } }]), facts);
    const files = ['bundle.pem', 'key.pem', 'chain.pem'].map((name) => readFile(`${paths.get('v')}/${name}`, 'utf8'));
    assert.deepEqual(await Promise.all(files), ['key\nchain\n', 'key\n', 'chain\n']);
    assert.deepEqual(mounter.calls, ['tmpfs kubernetes.io~projected/v']);
  }));

test('links lead through a volume but not out of it', () =>
  inFolder(async (folder) => {
    const volume = join(folder, 'volume');
    await mkdir(join(volume, 'real'), { recursive: true });
    await mkdir(join(folder, 'outside'));
    await writeFile(join(volume, 'real', 'file'), 'inside');
    await symlink('real', join(volume, 'link'));
    await symlink('../outside', join(volume, 'escape'));
    await symlink('/etc', join(volume, 'absolute'));
    const mounter = new FakeMounter();
    const bind = (subPath: string) =>
      bindSubPath(volume, subPath, { target: join(folder, 'target', subPath), mounter });
    await bind('link/file');
    await bind('new/deep');
    assert.deepEqual(mounter.bound, ['inside', 'directory']);
    assert.ok((await stat(join(volume, 'new', 'deep'))).isDirectory());
    for (const subPath of ['escape', 'escape/made', 'absolute/passwd', '../outside', 'real/../../outside'])
      await assert.rejects(bind(subPath), { message: /not within volume path$/ }, subPath);
    await assert.rejects(stat(join(folder, 'outside', 'made')), 'nothing was made outside');
  }));

test("a directory created below a volume has the volume's permissions", () =>
  inFolder(async (folder) => {
    const volume = join(folder, 'volume');
    await mkdir(volume);
    const mounter = new FakeMounter();
    const modeOf = async (subPath: string): Promise<string> => {
      await bindSubPath(volume, subPath, { target: join(folder, 'target'), mounter });
      return ((await stat(join(volume, subPath))).mode & 0o7777).toString(8);
    };
    await chmod(volume, 0o3777);
    assert.equal(await modeOf('made'), '3777');
    await chmod(join(volume, 'made'), 0o700);
    assert.equal(await modeOf('made'), '700', 'what is there is left as it is');
    await chmod(volume, 0o750);
    assert.equal(await modeOf('private'), '750');
  }));

test('a sub-path that was replaced while the container ran is bound again', () =>
  inFolder(async (folder) => {
    const [volume, target] = [join(folder, 'volume'), join(folder, 'target')];
    await mkdir(volume);
    await writeFile(join(volume, 'key'), 'old');
    const mounter = new FakeMounter();
    const bind = () => bindSubPath(volume, 'key', { target, mounter });
    // As seen through the bound file.
    await link(join(volume, 'key'), target);
    await bind();
    assert.deepEqual(mounter.unmounted, []);
    await rm(join(volume, 'key'));
    await writeFile(join(volume, 'key'), 'new');
    await bind();
    assert.deepEqual([mounter.unmounted, mounter.bound], [[target], ['old', 'new']]);
  }));

test('a local volume whose path is a link is what the link points to', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'disk'));
    await symlink('disk', join(folder, 'link'));
    const claim = {
      metadata: { name: 'c', namespace: 'default', uid: 'u' },
      spec: { volumeName: 'pv' },
      status: { phase: 'Bound' },
    };
    const volume = {
      metadata: { name: 'pv' },
      spec: { local: { path: join(folder, 'link') }, claimRef: { uid: 'u' } },
    };
    const { volumes } = machineWith(folder, { claims: [claim as never], volumes: [volume as never] });
    const pod = withVolumes([{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }]);
    const group = process.getgid?.() ?? 0;
    const inGroup = { ...pod, spec: { ...pod.spec, securityContext: { fsGroup: group } } } as Pod;
    assert.equal((await volumes.prepare(inGroup, facts)).get('v'), join(folder, 'disk'));
    assert.equal(((await stat(join(folder, 'disk'))).mode & 0o2070).toString(8), '2070');
  }));

test('gives a whole volume to the group, unless its root has it already', () =>
  inFolder(async (folder) => {
    const group = process.getgid?.() ?? 0;
    await mkdir(join(folder, 'v', 'sub'), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, 'v', 'sub', 'file'), '', { mode: 0o600 });
    const modes = async () => {
      const paths = ['v', 'v/sub', 'v/sub/file'];
      return Promise.all(paths.map(async (path) => ((await stat(join(folder, path))).mode & 0o7777).toString(8)));
    };
    await giveToGroup(join(folder, 'v'), { group, readOnly: false, onlyIfRootDiffers: false });
    assert.deepEqual(await modes(), ['2770', '2770', '660']);
    await writeFile(join(folder, 'v', 'sub', 'file'), '');
    await chmod(join(folder, 'v', 'sub', 'file'), 0o600);
    await giveToGroup(join(folder, 'v'), { group, readOnly: false, onlyIfRootDiffers: true });
    assert.equal((await modes())[2], '600');
  }));
