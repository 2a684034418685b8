/** Items of upstream's conformance suite that are checked by what containers print or leave behind. */

/** A mount of a volume of this source. */
export interface Mount {
  readonly source: object;
  readonly at?: string;
  readonly subPath?: string;
}

export interface Context {
  readonly node: { readonly cpu: number; readonly memory: number };
  readonly pod: { readonly name: string; readonly uid: string; readonly ip: string };
}

/**
 * Containers that several items share: each item contributes a part of the script. `root` and `user` (1000) differ in
 * nothing else, `limited` has requests and limits, `group` is in a pod with pod-level settings for all its containers.
 */
export type Container = 'root' | 'user' | 'limited' | 'group';

export interface Item {
  readonly name: string;
  readonly container: Container;
  readonly mounts: readonly Mount[];
  /** A shell script; `$0`, `$1` are the paths of the mounts. */
  readonly script: string;
  readonly says: string | ((context: Context) => string);
}

const item = (
  name: string,
  { container = 'root', mounts = [], script, says }: Partial<Item> & Pick<Item, 'script' | 'says'>,
): Item => ({ name, container, mounts, script, says });

const configMap = (more: object = {}) => ({ configMap: { name: 'items', ...more } });
const secret = (more: object = {}) => ({ secret: { secretName: 'items', ...more } });
const projected = (source: object, more: object = {}) => ({ projected: { sources: [source], ...more } });
const fieldFile = (path: string, fieldPath: string, more: object = {}) => ({ path, fieldRef: { fieldPath }, ...more });
const read = 'cat $0/data-1 && echo && stat -L -c %A $0/data-1';
const readMapped = read.replaceAll('data-1', 'path/to/data-2');
const line = (mode: string): string => `value-1\n${mode}\n`;
const keep = { items: [{ key: 'data-1', path: 'path/to/data-2' }] };
const keepMode = { items: [{ key: 'data-1', path: 'path/to/data-2', mode: 0o400 }] };
const open = '-rw-r--r--';
const closed = '-r--------';

/** Items for volumes of ConfigMaps, of Secrets, and of projections of either. */
const kept = (what: string, source: (more?: object, volume?: object) => object, isSecret: boolean): Item[] => [
  item(`${what} should be consumable from pods in volume`, {
    mounts: [{ source: source() }],
    script: read,
    says: line(open),
  }),
  item(`${what} should be consumable from pods in volume with defaultMode set`, {
    mounts: [{ source: source({}, { defaultMode: 0o400 }) }],
    script: read,
    says: line(closed),
  }),
  item(`${what} should be consumable from pods in volume with mappings`, {
    mounts: [{ source: source(keep) }],
    script: readMapped,
    says: line(open),
  }),
  item(`${what} should be consumable from pods in volume with mappings and Item ${isSecret ? 'Mode' : 'mode'} set`, {
    mounts: [{ source: source(keepMode) }],
    script: readMapped,
    says: line(closed),
  }),
  item(`${what} should be consumable in multiple volumes in ${isSecret ? 'a' : 'the same'} pod`, {
    mounts: [{ source: source() }, { source: source() }],
    script: `${read} && ${read.replaceAll('$0', '$1')}`,
    says: line(open).repeat(2),
  }),
  ...(isSecret
    ? [
        item(`${what} should be consumable from pods in volume as non-root with defaultMode and fsGroup set`, {
          container: 'group',
          mounts: [{ source: source({}, { defaultMode: 0o440 }) }],
          script: read,
          says: line('-r--r-----'),
        }),
      ]
    : [
        item(`${what} should be consumable from pods in volume as non-root`, {
          container: 'user',
          mounts: [{ source: source() }],
          script: read,
          says: line(open),
        }),
        item(`${what} should be consumable from pods in volume with mappings as non-root`, {
          container: 'user',
          mounts: [{ source: source(keep) }],
          script: readMapped,
          says: line(open),
        }),
      ]),
];

const mebi = 1024 * 1024;
const resourceFile = (resource: string, containerName = 'limited') => ({
  items: [{ path: 'amount', resourceFieldRef: { containerName, resource } }],
});

const updated = (what: string, source: (items: { items: object[] }, volume?: object) => object): Item[] => [
  ...(
    [
      ["container's cpu limit", resourceFile('limits.cpu'), '2'],
      ["container's cpu request", resourceFile('requests.cpu'), '1'],
      ["container's memory limit", resourceFile('limits.memory'), `${64 * mebi}`],
      ["container's memory request", resourceFile('requests.memory'), `${32 * mebi}`],
      [
        'node allocatable (cpu) as default cpu limit if the limit is not set',
        resourceFile('limits.cpu', 'root'),
        ({ node }: Context) => `${node.cpu}`,
      ],
      [
        'node allocatable (memory) as default memory limit if the limit is not set',
        resourceFile('limits.memory', 'root'),
        ({ node }: Context) => `${node.memory}`,
      ],
    ] as const
  ).map(([name, items, says]) =>
    item(`${what} should provide ${name}`, { mounts: [{ source: source(items) }], script: 'cat $0/amount', says }),
  ),
  item(`${what} should provide podname only`, {
    mounts: [{ source: source({ items: [fieldFile('podname', 'metadata.name')] }) }],
    script: 'cat $0/podname',
    says: ({ pod }) => pod.name,
  }),
  item(`${what} should set DefaultMode on files`, {
    mounts: [{ source: source({ items: [fieldFile('podname', 'metadata.name')] }, { defaultMode: 0o400 }) }],
    script: 'stat -L -c %A $0/podname',
    says: `${closed}\n`,
  }),
  item(`${what} should set mode on item file`, {
    mounts: [{ source: source({ items: [fieldFile('podname', 'metadata.name', { mode: 0o400 })] }) }],
    script: 'stat -L -c %A $0/podname',
    says: `${closed}\n`,
  }),
];

const empty = (medium?: 'Memory') => ({ emptyDir: medium ? { medium } : {} });
const media = [
  ['default', undefined],
  ['tmpfs', 'Memory'],
] as const;
/** The type of the file system distinguishes memory from the node's disk, whatever that is. */
const kindOf = `$(stat -f -c %T $0 | grep -q tmpfs && echo tmpfs || echo default)`;

const emptyDirs: readonly Item[] = [
  ...(['root', 'user'] as const).flatMap((container) =>
    media.flatMap(([name, medium]) =>
      (
        [
          ['0644', '-rw-r--r--'],
          ['0666', '-rw-rw-rw-'],
          ['0777', '-rwxrwxrwx'],
        ] as const
      ).map(([mode, shown]) =>
        item(`EmptyDir volumes should support (${container === 'user' ? 'non-root' : 'root'},${mode},${name})`, {
          container,
          mounts: [{ source: empty(medium) }],
          script: `echo content > $0/f && chmod ${mode} $0/f && stat -c '%A %u' $0/f && cat $0/f && echo ${kindOf}`,
          says: `${shown} ${container === 'user' ? 1000 : 0}\ncontent\n${name}\n`,
        }),
      ),
    ),
  ),
  ...media.map(([name, medium]) =>
    item(`EmptyDir volumes volume on ${name === 'default' ? 'default medium' : name} should have the correct mode`, {
      mounts: [{ source: empty(medium) }],
      script: `stat -c %A $0 && echo ${kindOf}`,
      // The item only looks at permissions; a tmpfs also has the sticky bit, as upstream's.
      says: `drwxrwxrw${name === 'tmpfs' ? 't' : 'x'}\n${name}\n`,
    }),
  ),
];

const subPaths: readonly Item[] = [
  ...(
    [
      ['secret pod', secret(), 'data-1', 'value-1'],
      ['projected pod', projected(configMap()), 'data-1', 'value-1'],
      ['downward pod', { downwardAPI: { items: [fieldFile('down/name', 'metadata.name')] } }, 'down/name', undefined],
    ] as const
  ).map(([what, source, subPath, value]) =>
    item(`Subpath Atomic writer volumes should support subpaths with ${what}`, {
      mounts: [{ source, subPath }],
      script: 'cat $0',
      says: value ?? (({ pod }) => pod.name),
    }),
  ),
  item('Subpath Atomic writer volumes should support subpaths with configmap pod with mountPath of existing file', {
    mounts: [{ source: configMap(), subPath: 'data-1', at: '/etc/resolv.conf' }],
    script: 'cat $0',
    says: 'value-1',
  }),
];

const environment: readonly Item[] = [
  item("Downward API should provide container's limits.cpu/memory and requests.cpu/memory as env vars", {
    container: 'limited',
    script: 'echo $CPU_LIMIT $CPU_REQUEST $MEMORY_LIMIT $MEMORY_REQUEST',
    says: `2 1 ${64 * mebi} ${32 * mebi}\n`,
  }),
  item('Downward API should provide default limits.cpu/memory from node allocatable', {
    script: 'echo $CPU_LIMIT $MEMORY_LIMIT',
    says: ({ node }) => `${node.cpu} ${node.memory}\n`,
  }),
  item('Downward API should provide pod UID as env vars', {
    script: 'echo $POD_UID',
    says: ({ pod }) => `${pod.uid}\n`,
  }),
  item('Downward API should provide pod name, namespace and IP address as env vars', {
    script: 'echo $POD_NAME $POD_NAMESPACE $POD_IP',
    says: ({ pod }) => `${pod.name} items ${pod.ip}\n`,
  }),
  ...(
    [
      ['ConfigMap should be consumable as environment variable names with various prefixes', 'configmap'],
      ['Secrets should be consumable as environment variable names variable names with various prefixes', 'secret'],
    ] as const
  ).map(([name, kind]) =>
    item(name, {
      // The shell does not export variables that are not valid shell names.
      script: `tr '\\0' '\\n' < /proc/1/environ | grep -- '${kind}.*data-1=' | sort`,
      says: ['#', '$', '1-', 'p-'].map((prefix) => `${prefix}${kind}data-1=value-1\n`).join(''),
    }),
  ),
  item('ServiceAccounts should mount an API token into pods', {
    script:
      "cd /var/run/secrets/kubernetes.io/serviceaccount && cat namespace && echo && grep -c BEGIN ca.crt && grep -c '^ey.*[.]ey.*[.].' token",
    says: 'items\n1\n1\n',
  }),
  item('KubeletManagedEtcHosts should test kubelet managed /etc/hosts file', {
    script: 'head -1 /etc/hosts',
    says: '# Kubernetes-managed hosts file.\n',
  }),
  item('DNS should provide /etc/hosts entries for the cluster', {
    container: 'group',
    script: 'tail -1 /etc/hosts | cut -f2-',
    says: 'querier.names.items.svc.cluster.local\tquerier\n',
  }),
  item('DNS should support configurable pod DNS nameservers', {
    container: 'group',
    script: 'cat /etc/resolv.conf',
    says: 'search resolv.conf.local\nnameserver 192.0.2.53\n',
  }),
  item('Security Context should support pod.Spec.SecurityContext.RunAsUser And pod.Spec.SecurityContext.RunAsGroup', {
    container: 'group',
    script: 'id -u; id -g',
    says: '1001\n2002\n',
  }),
  item('Sysctls should support sysctls', {
    container: 'group',
    script: 'cat /proc/sys/kernel/shm_rmid_forced',
    says: '1\n',
  }),
];

/** All items in the scripts of shared containers. */
export const items: readonly Item[] = [
  ...kept('ConfigMap', (more, volume) => configMap({ ...more, ...volume }), false),
  item('ConfigMap binary data should be reflected in volume', {
    mounts: [{ source: configMap() }],
    script: 'cat $0/data-1; hexdump -e \'4/1 "%02x"\' $0/dump.bin',
    says: 'value-1defbfe00',
  }),
  ...kept('Secrets', (more, volume) => secret({ ...more, ...volume }), true),
  item(
    'Secrets should be able to mount in a volume regardless of a different secret existing with same name in different namespace',
    { mounts: [{ source: secret() }], script: read, says: line(open) },
  ),
  ...kept('Projected configMap', (more, volume) => projected(configMap(more), volume), false),
  ...kept('Projected secret', (more, volume) => projected({ secret: { name: 'items', ...more } }, volume), true),
  ...updated('Downward API volume', (files, volume) => ({ downwardAPI: { ...files, ...volume } })),
  ...updated('Projected downwardAPI', (files, volume) => projected({ downwardAPI: files }, volume)),
  ...emptyDirs,
  ...subPaths,
  ...environment,
];

/** An item with a container of its own, checked by its output or its final status. */
export interface OwnContainer {
  readonly name: string;
  readonly spec: object;
  readonly log?: string | RegExp;
  readonly message?: string;
}

const shell = (script: string, more: object = {}) => ({ command: ['sh', '-c', script], ...more });
const own = (name: string, spec: object, outcome: Pick<OwnContainer, 'log' | 'message'>): OwnContainer => ({
  name,
  spec,
  ...outcome,
});

export const ownContainers = (etcd: string): readonly OwnContainer[] => [
  own(
    "Containers should be able to override the image's default arguments (container cmd)",
    { image: etcd, args: ['--version'] },
    { log: /^etcd Version: / },
  ),
  own(
    "Containers should be able to override the image's default command (container entrypoint)",
    { image: 'nginx', command: ['echo', 'overridden'] },
    { log: 'overridden\n' },
  ),
  own(
    "Containers should be able to override the image's default command and arguments",
    { image: etcd, command: ['/usr/bin/etcd', '--help'], args: ['--version'] },
    { log: /^Usage:/m },
  ),
  own(
    "Variable Expansion should allow substituting values in a container's args",
    {
      command: ['sh', '-c'],
      args: ['TEST_VAR=wrong; echo "$(TEST_VAR)"'],
      env: [{ name: 'TEST_VAR', value: 'right' }],
    },
    { log: 'right\n' },
  ),
  own(
    "Variable Expansion should allow substituting values in a container's command",
    shell('TEST_VAR=wrong; echo "$(TEST_VAR)"', { env: [{ name: 'TEST_VAR', value: 'right' }] }),
    { log: 'right\n' },
  ),
  own(
    'Variable Expansion should allow substituting values in a volume subpath',
    shell('test -d /whole/$POD_NAME/part && echo there', {
      env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      volumeMounts: [
        { name: 'shared', mountPath: '/part', subPathExpr: '$(POD_NAME)/part' },
        { name: 'shared', mountPath: '/whole' },
      ],
    }),
    { log: 'there\n' },
  ),
  own(
    'Variable Expansion should succeed in writing subpaths in container',
    shell('echo written > /part/test.log && cat /whole/$POD_NAME/written/test.log', {
      env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      volumeMounts: [
        { name: 'shared', mountPath: '/part', subPathExpr: '$(POD_NAME)/written' },
        { name: 'shared', mountPath: '/whole' },
      ],
    }),
    { log: 'written\n' },
  ),
  own(
    'EmptyDir volumes pod should support shared volumes between containers',
    shell('until [ -f /shared/from-another ]; do sleep 0.1; done; cat /shared/from-another', {
      volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
    }),
    { log: 'hello from another\n' },
  ),
  own(
    'Security Context When creating a container with runAsUser should run the container with uid 65534',
    shell('id -u', { securityContext: { runAsUser: 65534 } }),
    { log: '65534\n' },
  ),
  own(
    'Security Context When creating a pod with privileged should run the container as unprivileged when false',
    shell('ip link add dummy0 type dummy 2>&1 | grep -o "Operation not permitted"', {
      securityContext: { privileged: false },
    }),
    { log: 'Operation not permitted\n' },
  ),
  own(
    'Security Context When creating a pod with readOnlyRootFilesystem should run the container with writable rootfs when readOnlyRootFilesystem=false',
    shell('echo written > /file && cat /file', { securityContext: { readOnlyRootFilesystem: false } }),
    { log: 'written\n' },
  ),
  own(
    'Kubelet when scheduling a read only busybox container should not write to root filesystem',
    shell('echo test > /file; sleep 0.1', { securityContext: { readOnlyRootFilesystem: true } }),
    { log: /can't create \/file: Read-only file system/ },
  ),
  own(
    'Security Context should support container.SecurityContext.RunAsUser And container.SecurityContext.RunAsGroup',
    shell('id -u; id -g', { securityContext: { runAsUser: 1001, runAsGroup: 2002 } }),
    { log: '1001\n2002\n' },
  ),
  own(
    'Container Runtime blackbox test on terminated container should report termination message as empty when pod succeeds and TerminationMessagePolicy FallbackToLogsOnError is set',
    shell('echo DONE', { terminationMessagePolicy: 'FallbackToLogsOnError' }),
    { message: '' },
  ),
  own(
    'Container Runtime blackbox test on terminated container should report termination message from file when pod succeeds and TerminationMessagePolicy FallbackToLogsOnError is set',
    shell('printf OK > /dev/termination-log; echo DONE', { terminationMessagePolicy: 'FallbackToLogsOnError' }),
    { message: 'OK' },
  ),
  own(
    'Container Runtime blackbox test on terminated container should report termination message if TerminationMessagePath is set as non-root user and at a non-default path',
    shell('printf DONE > /dev/termination-custom-log', {
      terminationMessagePath: '/dev/termination-custom-log',
      securityContext: { runAsUser: 1000 },
    }),
    { message: 'DONE' },
  ),
];
