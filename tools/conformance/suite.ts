import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** The locations of the built suite. */
export interface Suite {
  /** Kubernetes' source tree, with manifests that items read. */
  readonly sources: string;
  /** The directory of e2e.test, ginkgo and the programs for the suite's images. */
  readonly programs: string;
}

/** Kept between runs: sources, toolchain, programs. Delete it to start over. */
export const suiteCache = resolve(import.meta.dirname, '../../.cache/conformance');

/** The last release of Debian that has a complete Kubernetes source package and a compiler of that time. */
const release = 'bookworm';
const sourcePackage = 'kubernetes';
const toolchain = ['golang-1.19-go', 'golang-1.19-src', 'rsync', 'libpopt0', 'libxxhash0'];

/**
 * Programs of the source tree, by Go package: the original control plane, against which benchmarks are run (`--peer`),
 * the suite, and what its images need.
 */
const made = [
  'cmd/kube-apiserver',
  'cmd/kube-controller-manager',
  'cmd/kube-scheduler',
  'vendor/github.com/onsi/ginkgo/ginkgo',
  'test/images/agnhost',
  'test/images/nonewprivs',
  'test/images/regression-issue-74839',
  'test/images/resource-consumer',
  'test/images/resource-consumer/consume-cpu',
  'vendor/k8s.io/sample-apiserver',
  'test/e2e/e2e.test',
];

/** Changes to the sources before they are built. */
const changes: readonly { readonly file: string; readonly was: string; readonly is: string }[] = [
  // Every item first waits for a service account token Secret, which all accounts had until v1.24.
  {
    file: 'test/e2e/framework/util.go',
    was: 'return len(t.Secrets) > 0, nil',
    is: 'return len(t.Name) > 0, nil',
  },
  // Network items first check Internet access, which machines and pods here never have.
  {
    file: 'test/e2e/network/networking.go',
    was: 'http.Get("http://google.com")',
    is: '&http.Response{StatusCode: http.StatusOK}, error(nil)',
  },
  // The JSON library asks Go's runtime to allocate the state of a map iteration; since Go 1.18 the caller must provide
  // it, in full size (modern-go/reflect2#24). Without this change, a peer crashed on some of its own answers.
  {
    file: 'vendor/github.com/modern-go/reflect2/unsafe_link.go',
    was: 'func mapiterinit(rtype unsafe.Pointer, m unsafe.Pointer) *hiter',
    is: 'func mapiterinit(rtype unsafe.Pointer, m unsafe.Pointer, it *hiter)',
  },
  {
    file: 'vendor/github.com/modern-go/reflect2/unsafe_link.go',
    was: '	// rest fields are ignored',
    is: '	pointers [6]unsafe.Pointer\n	numbers [4]uintptr',
  },
  {
    file: 'vendor/github.com/modern-go/reflect2/unsafe_map.go',
    was: '	return &UnsafeMapIterator{\n		hiter:      mapiterinit(type2.rtype, *(*unsafe.Pointer)(obj)),',
    is: '	it := new(hiter)\n	mapiterinit(type2.rtype, *(*unsafe.Pointer)(obj), it)\n	return &UnsafeMapIterator{\n		hiter:      it,',
  },
];

/**
 * Fetches the suite's source and the compiler from Debian and builds the suite, unless that is done already. Nothing is
 * installed: packages are unpacked into {@link suiteCache}. The first time takes about twenty minutes on two cores, and
 * 5 GB.
 */
export function prepareSuite(report: (line: string) => void): Suite {
  const sources = join(suiteCache, 'kubernetes');
  const root = join(suiteCache, 'toolchain');
  const programs = join(suiteCache, 'programs');
  const apt = aptOptions();
  if (!existsSync(sources)) {
    report(`Fetching the source of ${sourcePackage} (${release})`);
    fetchSource(apt, sources);
  }
  if (!existsSync(root)) {
    report(`Fetching ${toolchain.join(', ')}`);
    fetchToolchain(apt, root);
  }
  const missing = made.filter((folder) => !existsSync(join(programs, basename(folder))));
  if (missing.length > 0) {
    report('Building the suite');
    build(missing, { sources, programs }, root);
  }
  return { sources, programs };
}

/**
 * Builds a single-file program against upstream's source and returns its path; rebuilds only if the file has changed.
 */
export function buildAgainstSources(name: string, file: string, report: (line: string) => void): string {
  const { sources, programs } = prepareSuite(report);
  const target = join(sources, 'cmd', name, 'main.go');
  const program = join(programs, name);
  const text = readFileSync(file, 'utf8');
  if (!existsSync(program) || !existsSync(target) || readFileSync(target, 'utf8') !== text) {
    report(`Building ${name}`);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    build([`cmd/${name}`], { sources, programs }, join(suiteCache, 'toolchain'));
  }
  return program;
}

/** Options that give apt separate package lists, for the wanted release, from this host's mirrors. */
function aptOptions(): string[] {
  const apt = join(suiteCache, 'apt');
  const lists = join(apt, 'lists');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  const list = join(apt, 'sources.list');
  writeFileSync(list, `${sourceLines().join('\n')}\n`);
  return [
    '-q',
    ...['-o', `Dir::Etc::sourcelist=${list}`],
    ...['-o', 'Dir::Etc::sourceparts=/dev/null'],
    ...['-o', `Dir::State::lists=${lists}`],
    ...['-o', `Dir::Cache=${apt}`],
    ...['-o', 'APT::Sandbox::User=root'],
  ];
}

/** The package sources of this host's apt, with the wanted release instead of the host's. */
function sourceLines(): string[] {
  const format = '$(ORIGIN) $(REPO_URI) $(CODENAME)';
  const known = execFileSync('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], {
    encoding: 'utf8',
  });
  const archives = new Map<string, string>();
  for (const line of known.split('\n')) {
    const [origin, uri = '', codename = ''] = line.split(' ');
    if (origin === 'Debian') archives.set(uri, codename.endsWith('-security') ? `${release}-security` : release);
  }
  if (archives.size === 0) throw new Error('Cannot find an archive of Debian among the sources of apt');
  const signed = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
  return [...archives].flatMap(([uri, suite]) =>
    ['deb', 'deb-src'].map((type) => `${type} ${signed} ${uri} ${suite} main`),
  );
}

function fetchSource(apt: readonly string[], target: string): void {
  const folder = join(suiteCache, 'source');
  mkdirSync(folder, { recursive: true });
  run('apt-get', [...apt, 'update'], folder);
  run('apt-get', [...apt, 'source', '--download-only', sourcePackage], folder);
  const description = readdirSync(folder).find((name) => name.endsWith('.dsc'));
  if (description === undefined) throw new Error(`Cannot find the source of "${sourcePackage}" in "${folder}"`);
  run('dpkg-source', ['--extract', description, `${target}.new`], folder);
  for (const { file, was, is } of changes) changeFile(join(`${target}.new`, file), was, is);
  renameSync(`${target}.new`, target);
}

function changeFile(file: string, was: string, is: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(was)) throw new Error(`Cannot find "${was}" in "${file}"`);
  writeFileSync(file, text.replace(was, is));
}

function fetchToolchain(apt: readonly string[], target: string): void {
  const folder = join(suiteCache, 'debs');
  mkdirSync(folder, { recursive: true });
  run('apt-get', [...apt, 'update'], folder);
  run('apt-get', [...apt, 'download', ...toolchain], folder);
  for (const name of readdirSync(folder)) run('dpkg-deb', ['--extract', name, `${target}.new`], folder);
  renameSync(`${target}.new`, target);
}

function build(folders: readonly string[], { sources, programs }: Suite, root: string): void {
  const goRoot = join(root, 'usr/lib/go-1.19');
  const home = join(suiteCache, 'home');
  mkdirSync(home, { recursive: true });
  const environment = {
    ...process.env,
    HOME: home,
    GOROOT: goRoot,
    GOPATH: join(sources, '.go'),
    GOFLAGS: '-mod=vendor',
    CGO_ENABLED: '0',
    KUBE_BUILD_PLATFORMS: `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`,
    LD_LIBRARY_PATH: readdirSync(join(root, 'usr/lib'))
      .filter((name) => name.endsWith('-linux-gnu'))
      .map((name) => join(root, 'usr/lib', name))
      .join(':'),
    PATH: `${goRoot}/bin:${root}/usr/bin:${process.env.PATH}`,
  };
  run('make', [`WHAT=${folders.join(' ')}`], sources, environment);
  mkdirSync(programs, { recursive: true });
  for (const name of folders.map((folder) => basename(folder))) {
    copyFileSync(join(sources, '_output/bin', name), join(programs, name));
  }
}

function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): void {
  execFileSync(program, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
}
