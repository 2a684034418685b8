/** The images that the suite's items use, under the names in test/utils/image/manifest.go. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { busyboxInputs } from '../../images/busybox/layer.ts';
import { debianFiles, debianInputs } from '../../images/debian-packages.ts';
import { programsWithLibraries } from '../../images/host-files.ts';
import { tagged as nginx } from '../../images/nginx/image.ts';
import { image as pause } from '../../images/pause/image.ts';
import type { ImageRecipe } from '../../images/recipe.ts';
import { type Layer, type LayerEntry, tarLayer } from '../../images/tar-layer.ts';
import type { Suite } from './suite.ts';

const promoted = 'k8s.gcr.io/e2e-test-images';
const staged = 'gcr.io/kubernetes-e2e-test-images';
const library = 'docker.io/library';

const path = 'PATH=/usr/local/apache2/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * As a shell, Debian's BusyBox prefers its own applets to programs of the same name, so it is the shell only where
 * there are no such programs.
 */
const shell = (target: 'busybox' | 'dash'): LayerEntry => ({ path: 'usr/bin/sh', type: 'symlink', target });

/**
 * What Alpine provides through BusyBox, with the Debian programs that the items' commands also need. Debian's wget
 * applet crashes on -T.
 */
const shellPackages = ['bash', 'dash', 'libc-bin', 'wget'];
const networkPackages = [
  'bind9-dnsutils',
  'coreutils',
  'curl',
  'dnsmasq-base',
  'iperf',
  'iproute2',
  'netcat-openbsd',
  'util-linux',
];
/** BusyBox' nc does not support UDP. */
const netcat: LayerEntry = { path: 'usr/bin/nc', type: 'symlink', target: 'nc.openbsd' };

/** Debian has no CoreDNS. Items only serve a few addresses with its hosts plugin: /coredns -conf FILE. */
const coredns = `#!/bin/sh
sed -n '/hosts {/,/}/ s/^[[:space:]]*\\([0-9a-f.:]\\+ .*\\)/\\1/p' "$2" > /tmp/hosts
exec dnsmasq --keep-in-foreground --no-resolv --no-hosts --addn-hosts=/tmp/hosts --user=root --log-facility=- --log-queries
`;

/** An image made of Debian packages, with all BusyBox applets that they do not provide. */
interface DebianImage {
  readonly name: string;
  readonly references: readonly string[];
  readonly packages: readonly string[];
  readonly files?: () => readonly LayerEntry[];
  /** The program for `sh`; default: dash. */
  readonly shell?: 'busybox' | 'dash';
  readonly start: Partial<Awaited<ReturnType<ImageRecipe['build']>>['config']>;
}

function debianImage(image: DebianImage): ImageRecipe {
  const { name, references, packages, files = () => [], start } = image;
  const all = [...shellPackages, ...packages];
  return {
    name,
    references,
    destination: 'registry',
    inputs: () => [
      readFileSync(import.meta.filename),
      ...debianInputs(all),
      ...busyboxInputs(),
      JSON.stringify(start),
      ...files().map((entry) => (entry.type === 'file' ? entry.content : JSON.stringify(entry))),
    ],
    async build() {
      return {
        layers: [await rootLayer(all, [shell(image.shell ?? 'dash'), ...files()])],
        config: { Env: [path], ...start },
      };
    },
  };
}

async function rootLayer(packages: readonly string[], files: readonly LayerEntry[]): Promise<Layer> {
  const debian = await debianFiles(packages);
  const present = new Set(debian.map((entry) => entry.path.replace(/^.*\//, '')));
  const applets = execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n');
  return tarLayer(
    [
      ...debian,
      { path: 'usr/bin/busybox', type: 'file', mode: 0o755, content: readFileSync('/bin/busybox') },
      ...applets
        .filter((applet) => applet !== 'busybox' && !present.has(applet))
        .map((applet): LayerEntry => ({ path: `usr/bin/${applet}`, type: 'symlink', target: 'busybox' })),
      {
        path: 'etc/passwd',
        type: 'file',
        content:
          'root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n',
      },
      { path: 'etc/group', type: 'file', content: 'root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n' },
      { path: 'etc/nsswitch.conf', type: 'file', content: 'hosts: files dns\n' },
      { path: 'tmp', type: 'directory', mode: 0o1777 },
      { path: 'root', type: 'directory', mode: 0o700 },
      ...files,
    ],
    { gzip: true },
  );
}

const program = (source: string, target: string, mode = 0o755): LayerEntry => ({
  path: target,
  type: 'file',
  mode,
  content: readFileSync(source),
});

const apacheConfiguration = `ServerRoot /usr/local/apache2
ServerName localhost
Listen 80
PidFile /tmp/httpd.pid
${['mpm_event', 'authz_core', 'dir', 'mime'].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
TypesConfig /etc/mime.types
DocumentRoot /usr/local/apache2/htdocs
DirectoryIndex index.html
ErrorLog /proc/self/fd/2
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog /proc/self/fd/1 common
`;

/** Apache, laid out as in the official image: items move index.html away in /usr/local/apache2/htdocs. */
const httpd = (tag: string): ImageRecipe =>
  debianImage({
    name: `suite-httpd-${tag}`,
    references: [`${library}/httpd:${tag}`],
    // For printenv, which Debian's BusyBox lacks.
    packages: ['apache2-bin', 'coreutils', 'media-types'],
    files: () => [
      { path: 'usr/local/apache2/conf/httpd.conf', type: 'file', content: apacheConfiguration },
      {
        path: 'usr/local/apache2/htdocs/index.html',
        type: 'file',
        content: '<html><body><h1>It works!</h1></body></html>\n',
      },
      {
        path: 'usr/local/apache2/bin/httpd-foreground',
        type: 'file',
        mode: 0o755,
        content: '#!/bin/sh\nexec apache2 -f /usr/local/apache2/conf/httpd.conf -DFOREGROUND\n',
      },
    ],
    start: {
      Env: [path, `HTTPD_VERSION=${tag}`],
      Cmd: ['httpd-foreground'],
      StopSignal: 'SIGWINCH',
      WorkingDir: '/usr/local/apache2',
    },
  });

/** etcd at the path that the sample API server's pod uses. */
const etcd: ImageRecipe = {
  name: 'suite-etcd',
  references: ['k8s.gcr.io/etcd:3.4.13-0'],
  destination: 'registry',
  inputs: () => [`${statSync('/usr/bin/etcd').size} ${statSync('/usr/bin/etcd').mtimeMs}`],
  async build() {
    const files: LayerEntry[] = [
      ...programsWithLibraries(['/usr/bin/etcd']),
      { path: 'usr/local/bin/etcd', type: 'symlink', target: '/usr/bin/etcd' },
      { path: 'tmp', type: 'directory', mode: 0o1777 },
    ];
    return { layers: [await tarLayer(files, { gzip: true })], config: { Env: [path], WorkingDir: '/' } };
  },
};

/** The same image under another name. */
const renamed = (image: ImageRecipe, name: string, reference: string): ImageRecipe => ({
  ...image,
  name,
  references: [reference],
  destination: 'registry',
});

/** All images that the conformance suite's items start. */
export function suiteImages({ sources, programs }: Suite): ImageRecipe[] {
  const testImages = join(sources, 'test/images');
  const agnhostFiles = (): LayerEntry[] => [
    program(join(programs, 'agnhost'), 'agnhost'),
    netcat,
    { path: 'coredns', type: 'file', mode: 0o755, content: coredns },
    { path: 'agnhost-2', type: 'symlink', target: 'agnhost' },
    { path: 'uploads', type: 'directory' },
    program(join(testImages, 'agnhost/porter/localhost.crt'), 'localhost.crt', 0o644),
    program(join(testImages, 'agnhost/porter/localhost.key'), 'localhost.key', 0o644),
  ];
  const agnhost = { Entrypoint: ['/agnhost'], Cmd: ['pause'], WorkingDir: '/' };
  /** A picture that agnhost's web server serves. */
  const picture = (name: string): ImageRecipe =>
    debianImage({
      name: `suite-${name}`,
      references: [`${staged}/${name}:1.0`],
      packages: networkPackages,
      files: () => [
        ...agnhostFiles(),
        program(join(testImages, name, `html/${name}.jpg`), `${name}.jpg`, 0o644),
        program(join(testImages, name, 'html/data.json'), 'data.json', 0o644),
      ],
      start: { ...agnhost, Cmd: ['test-webserver'] },
    });
  return [
    debianImage({
      name: 'suite-agnhost',
      references: [`${promoted}/agnhost:2.21`],
      packages: networkPackages,
      files: agnhostFiles,
      start: agnhost,
    }),
    picture('kitten'),
    picture('nautilus'),
    debianImage({
      name: 'suite-jessie-dnsutils',
      references: [`${staged}/jessie-dnsutils:1.0`],
      packages: networkPackages,
      files: () => [netcat],
      start: { Cmd: ['bash'] },
    }),
    debianImage({
      name: 'suite-nonewprivs',
      references: [`${staged}/nonewprivs:1.0`],
      packages: [],
      files: () => [program(join(programs, 'nonewprivs'), 'usr/local/bin/nnp', 0o6755)],
      start: { Cmd: ['nnp'] },
    }),
    debianImage({
      name: 'suite-nonroot',
      references: [`${staged}/nonroot:1.0`],
      packages: [],
      start: { Cmd: ['bash'], User: '1234' },
    }),
    debianImage({
      name: 'suite-sample-apiserver',
      references: [`${staged}/sample-apiserver:1.17`],
      packages: [],
      files: () => [program(join(programs, 'sample-apiserver'), 'sample-apiserver')],
      start: { Entrypoint: ['/sample-apiserver'] },
    }),
    debianImage({
      name: 'suite-debian-iptables',
      references: ['k8s.gcr.io/build-image/debian-iptables:buster-v1.3.0'],
      packages: ['conntrack', 'iptables'],
      start: { Cmd: ['bash'] },
    }),
    debianImage({
      name: 'suite-regression-issue-74839',
      references: [`${staged}/regression-issue-74839-amd64:1.0`],
      packages: [],
      files: () => [program(join(programs, 'regression-issue-74839'), 'bin/regression-issue-74839')],
      // The source is newer than the item, whose pod does not set its address yet.
      start: { Entrypoint: ['sh', '-c', 'POD_IP=$(hostname -i) exec /bin/regression-issue-74839'] },
    }),
    // The workload for autoscaler items: uses as much CPU or memory as requested.
    debianImage({
      name: 'suite-resource-consumer',
      references: [`${staged}/resource-consumer:1.5`],
      packages: ['stress'],
      files: () => [
        program(join(programs, 'resource-consumer'), 'consumer'),
        program(join(programs, 'consume-cpu'), 'consume-cpu/consume-cpu'),
      ],
      start: { Entrypoint: ['/consumer'], WorkingDir: '/' },
    }),
    debianImage({
      name: 'suite-busybox',
      references: [`${library}/busybox:1.29`],
      packages: [],
      // Items expect its messages and builtins.
      shell: 'busybox',
      start: { Cmd: ['sh'] },
    }),
    httpd('2.4.38-alpine'),
    httpd('2.4.39-alpine'),
    renamed(nginx('1.14-alpine'), 'suite-nginx-1.14', `${library}/nginx:1.14-alpine`),
    renamed(nginx('1.15-alpine'), 'suite-nginx-1.15', `${library}/nginx:1.15-alpine`),
    etcd,
    renamed(pause, 'suite-pause', 'k8s.gcr.io/pause:3.2'),
  ];
}
