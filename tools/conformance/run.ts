/**
 * `node tools/conformance/run.ts [flags] [focus]`: runs upstream's conformance suite against a cluster of machines on
 * this host. Needs root. See README.md.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, realpathSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fillRegistry, instanceName } from '@typernetes/machine';
import { buildImages } from '../../images/machine-images.ts';
import { bundleProgram } from '../bundle.ts';
import { type ItemResult, keepResults, knownResults, resultsIn, tableOf } from './results.ts';
import { prepareSuite, type Suite, suiteCache } from './suite.ts';
import { suiteImages } from './suite-images.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Keep the cluster for the next run, which reuses it. */
    keep: { type: 'boolean', default: false },
    /** Run the items whose last result is a failure. */
    failed: { type: 'boolean', default: false },
    /** Skip the items that passed in their last run. */
    new: { type: 'boolean', default: false },
    /** Run all items outside conformance instead, except those that need something no cluster here has. */
    beyond: { type: 'boolean', default: false },
    /** The kubeadm configuration for a new cluster, for example for dual-stack. */
    config: { type: 'string' },
    /** A kubectl other than the checkout's. */
    kubectl: { type: 'string' },
    /** Run only the items that may run in parallel, or only the serial ones. */
    only: { type: 'string' },
    /** The number of items to run in parallel; serial ones run alone. */
    parallel: { type: 'string', default: '4' },
  },
});

/**
 * Items outside conformance that are not run: those that need a feature (unless the focus names features), a cloud or
 * another external system, and storage drivers other than those that need just a node (emptydir, hostPath,
 * hostPathSymlink, local), because their servers, kernel modules or images are not available.
 */
const impossible = [
  ...(positionals[0]?.includes('Feature:') ? [] : ['\\[Feature:']),
  '\\[Flaky\\]',
  '\\[sig-windows\\]',
  // Each of these waits a quarter of an hour for a cloud's load balancer.
  '\\[sig-network\\].*(ESIPP|Firewall|Load[bB]alanc|load ?balancer)',
  '\\[sig-storage\\].*(NFS|Gluster|Flexvolumes|GCEPD|RegionalPD|Pod Disks|Dynamic Provisioning|CSI (mock volume|Volumes))',
  // Resolves an Internet address; its two siblings, which edit the Corefile, are run.
  'DNS configMap nameserver Forward PTR',
  // Needs an autoscaler program beside the DNS Deployment.
  'DNS horizontal autoscaling',
  // A type of volume that is disabled since v1.33.
  'when used for git_repo',
  // Disks of cloud machines.
  'gce-localssd',
  // These stop nodes, components and networks over SSH, on cloud machines.
  '\\[sig-cloud-provider',
  '\\[Disruptive\\].*(DaemonRestart|NodeLease)|DaemonRestart|Network Partition|Etcd failure|(Generic|NFS)PersistentVolumes?\\[Disruptive\\]',
  'disruptive\\[Disruptive\\]',
  // None of the remaining drivers provisions volumes dynamically.
  '\\[Driver: .*\\[Testpattern: Dynamic PV',
  '\\[Driver: (aws|azure|ceph|cinder|csi|gce|gluster|iscsi|nfs|pd|rbd|vsphere|windows)',
];

const cluster = 'conformance';
const home = resolve(process.env.TYPERNETES_HOME ?? '/var/lib/typernetes-conformance');
const root = resolve(import.meta.dirname, '../..');
const node = realpathSync(join(root, 'node_modules/.bin/node'));
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
const report = (line: string): void => void process.stderr.write(`${line}\n`);

const suite = prepareSuite(report);
const images = await buildImages(suiteImages(suite), report);
try {
  if (!existsSync(join(home, 'clusters', cluster, 'kubeconfig'))) {
    typernetes(
      ['cluster', 'create', cluster, '--workers=2', ...(flags.config ? ['--config', flags.config] : [])],
      'inherit',
    );
    await addAddons();
    addRuntime();
  }
  fillRegistry(home, images);
  const results = await runSuite(suite);
  keepResults(results);
  process.stdout.write(tableOf(results));
  process.exitCode = results.length > 0 && results.every(({ failure }) => failure === undefined) ? 0 : 1;
} finally {
  if (!flags.keep) {
    typernetes(['cluster', 'delete', cluster]);
    // Machine directories are being deleted at the same time: Node's rmSync stops when something vanishes, and leaves
    // the rest.
    execFileSync('rm', ['-rf', '--', home]);
  }
}

/** Runs the checkout's `typernetes`; its standard error goes to ours. Returns its standard output. */
function typernetes(args: readonly string[], stdout: 'pipe' | 'inherit' = 'pipe'): string {
  return execFileSync(node, [join(root, 'apps/typernetes/src/main.ts'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, TYPERNETES_HOME: home },
    stdio: ['ignore', stdout, 'inherit'],
  });
}

/** Runs the parallel items first, then the serial ones. */
async function runSuite({ sources, programs }: Suite): Promise<ItemResult[]> {
  const focus = `(${positionals[0] ?? ''})`;
  const alone = '\\[(Serial|Disruptive)\\]';
  const reports = join(suiteCache, 'reports');
  mkdirSync(reports, { recursive: true });
  const folder = mkdtempSync(join(reports, 'run-'));
  report(`Running the suite; its output is in ${folder}`);
  const kubeconfig = join(home, 'conformance.conf');
  // The cluster's own kubeconfig is for the host; this one is for the place where the suite runs.
  const admin = typernetes(['machine', 'exec', `${cluster}-control-plane`, '--', 'cat', '/etc/kubernetes/admin.conf']);
  writeFileSync(kubeconfig, admin, { mode: 0o600 });
  const kubectl = flags.kubectl ?? (await ownKubectl());
  const tag = flags.beyond ? '' : '\\[Conformance\\]';
  const unwanted = [
    ...(flags.beyond ? ['\\[Conformance\\]', ...impossible] : []),
    ...(flags.new ? passedBefore() : []),
  ];
  const parts = [
    {
      name: 'parallel',
      focus: flags.failed ? focusOnFailed((name) => !new RegExp(alone).test(name)) : `${focus}.*${tag}`,
      skip: ['\\[Serial\\]', '\\[Disruptive\\]', ...unwanted],
      nodes: Number(flags.parallel),
    },
    {
      name: 'serial',
      focus: flags.failed
        ? focusOnFailed((name) => new RegExp(alone).test(name))
        : `(${focus}.*${alone}|${alone}.*${focus}).*${tag}`,
      skip: ['\\[Parallel\\]', ...unwanted],
      nodes: 1,
    },
  ];
  const results: ItemResult[] = [];
  for (const part of parts.filter(({ name }) => flags.only === undefined || flags.only === name)) {
    if (stopped.signal.aborted) break;
    if (part.focus === undefined) continue;
    const partFolder = join(folder, part.name);
    mkdirSync(partFolder);
    const code = await inFabric(
      [
        join(programs, 'ginkgo'),
        `-nodes=${part.nodes}`,
        '-noColor',
        '-timeout=6h',
        `-focus=${part.focus}`,
        `-skip=${part.skip.join('|')}`,
        join(programs, 'e2e.test'),
        '--',
        `-kubeconfig=${kubeconfig}`,
        '-provider=skeleton',
        // With this, pods may use the runtime's handlers.
        '-container-runtime=remote',
        // Some items need the number of nodes without asking the API.
        '-num-nodes=2',
        `-kubectl-path=${kubectl}`,
        `-repo-root=${sources}`,
        '-dump-logs-on-failure=false',
        '-disable-log-dump=true',
        '-non-blocking-taints=node-role.kubernetes.io/control-plane,node-role.kubernetes.io/master',
        `-report-dir=${partFolder}`,
      ],
      join(partFolder, 'output.log'),
    );
    report(`${part.name}: ended with ${code}`);
    results.push(...resultsIn(partFolder));
  }
  return results;
}

/** Runs a program in the network of the machines, where node addresses are reachable. Returns its exit code. */
function inFabric(command: readonly string[], log: string): Promise<number | null> {
  const output = openSync(log, 'w');
  const namespace = `/run/netns/${instanceName(home)}`;
  const child = spawn('nsenter', [`--net=${namespace}`, '--', ...command], {
    stdio: ['ignore', output, output],
    detached: true,
  });
  // ginkgo waits for its processes to clean up but does not forward the signal, so the whole process group gets it.
  const stop = (): boolean => child.pid !== undefined && process.kill(-child.pid, 'SIGINT');
  stopped.signal.addEventListener('abort', stop, { once: true });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code) => {
      stopped.signal.removeEventListener('abort', stop);
      done(code);
    });
  });
}

/** Adds what the suite's items rely on: a default storage class for StatefulSets, and metrics for autoscalers. */
async function addAddons(): Promise<void> {
  const kubectl = await ownKubectl();
  const own = ['--kubeconfig', join(home, 'clusters', cluster, 'kubeconfig')];
  const byDefault = 'storageclass.kubernetes.io/is-default-class=true';
  for (const command of [
    ['apply', '-f', join(root, 'addons/local-storage.yaml')],
    ['annotate', 'storageclass', 'local-storage', byDefault],
    ['apply', '-f', join(root, 'addons/metrics.yaml')],
  ])
    execFileSync(kubectl, [...own, ...command], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Adds the runtime handler that items name and that upstream's test machines have: here crun under another name. */
function addRuntime(): void {
  const section = 'plugins."io.containerd.grpc.v1.cri".containerd.runtimes.test-handler';
  const lines = [
    `[${section}]`,
    'runtime_type = "io.containerd.runc.v2"',
    `[${section}.options]`,
    'BinaryName = "/usr/bin/crun"',
    'SystemdCgroup = false',
  ];
  const script = `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} >> /etc/containerd/config.toml
kill $(ps -eo pid,comm | awk '$2 == "containerd" {print $1}')`;
  // The machine restarts it.
  for (const worker of ['worker', 'worker2'])
    typernetes(['machine', 'exec', `${cluster}-${worker}`, '--', 'sh', '-c', script]);
}

/** A wrapper program for the checkout's kubectl. */
async function ownKubectl(): Promise<string> {
  const file = join(home, 'kubectl');
  const bundle = await bundleProgram('kubectl');
  writeFileSync(file, `#!/bin/sh\nexec ${node} --use-openssl-ca ${bundle} "$@"\n`, { mode: 0o755 });
  return file;
}

/** A focus expression for the items whose last result is a failure; undefined if there are none. */
function focusOnFailed(isMeant: (name: string) => boolean): string | undefined {
  const failed = [...knownResults().values()].filter(
    ({ name, failure }) => failure !== undefined && name.includes('[Conformance]') !== flags.beyond && isMeant(name),
  );
  return failed.length === 0 ? undefined : `(${failed.map(({ name }) => literal(name)).join('|')})$`;
}

/** Skip expressions for the items that passed. */
function passedBefore(): string[] {
  const passed = [...knownResults().values()].filter(({ failure }) => failure === undefined);
  return passed.map(({ name }) => `${literal(name)}$`);
}

/** A regular expression that matches exactly this text. */
function literal(name: string): string {
  return name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
