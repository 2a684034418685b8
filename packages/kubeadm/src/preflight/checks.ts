import { kubernetesVersion } from '@typernetes/base';
import type { Check, Findings } from './check.ts';

const ok: Findings = {};
/** What was found, in upstream's words, and what to do about it. */
const said = (text: string, suggestion: string | undefined): string =>
  suggestion === undefined ? text : `${text}\nSuggestion: ${suggestion}`;
const error = (text: string, suggestion?: string): Findings => ({ errors: [said(text, suggestion)] });
const warning = (text: string, suggestion?: string): Findings => ({ warnings: [said(text, suggestion)] });
const leftover = 'if an earlier cluster left it behind, run "kubeadm reset"';
/** `/etc/kubernetes/manifests` as upstream puts it into the name of a check. */
const dashed = (path: string): string => path.replaceAll('/', '-');

export const isRoot: Check = {
  name: 'IsPrivilegedUser',
  run: async ({ machine }) => (machine.userId === 0 ? ok : error('user is not running as root', 'run it with sudo')),
};

export const enoughCpus: Check = {
  name: 'NumCPU',
  run: async ({ machine }) =>
    machine.cpus >= 2
      ? ok
      : error(
          `the number of available CPUs ${machine.cpus} is less than the required 2`,
          'give the machine more, or go on with --ignore-preflight-errors=NumCPU',
        ),
};

export const enoughMemory: Check = {
  name: 'Mem',
  run: async ({ machine }) => {
    const megabytes = Math.floor(machine.memoryBytes / 1024 / 1024);
    return megabytes >= 1700
      ? ok
      : error(
          `the system RAM (${megabytes} MB) is less than the minimum 1700 MB`,
          'give the machine more, or go on with --ignore-preflight-errors=Mem',
        );
  },
};

export function portIsFree(port: number): Check {
  return {
    name: `Port-${port}`,
    log: ['checks.go:201', `validating availability of port ${port}`],
    run: async ({ network }) =>
      (await network.portInUse(port))
        ? error(`Port ${port} is in use`, `"ss -ltnp sport = :${port}" shows by whom; ${leftover}`)
        : ok,
  };
}

export function fileIsAvailable(path: string): Check {
  return {
    name: `FileAvailable-${dashed(path)}`,
    log: ['checks.go:278', `validating the existence of file ${path}`],
    run: async ({ files }) => ((await files.exists(path)) ? error(`${path} already exists`, leftover) : ok),
  };
}

export function folderIsEmpty(path: string): Check {
  return {
    name: `DirAvailable-${dashed(path)}`,
    log: ['checks.go:241', `validating the existence and emptiness of directory ${path}`],
    run: async ({ files }) => ((await files.list(path)).length > 0 ? error(`${path} is not empty`, leftover) : ok),
  };
}

export function fileExists(path: string, name = `FileExisting-${dashed(path)}`): Check {
  return {
    name,
    log: ['checks.go:305', `validating the existence of file ${path}`],
    run: async ({ files }) =>
      (await files.exists(path))
        ? ok
        : error(`${path} doesn't exist`, 'put the file there, or name another in the configuration'),
  };
}

/** A kernel setting that must be 1. */
export function fileContainsOne(path: string): Check {
  return {
    name: `FileContent-${dashed(path)}`,
    log: ['checks.go:327', `validating the contents of file ${path}`],
    run: async ({ files }) => {
      const text = await files.read(path);
      if (text === undefined)
        return error(
          `${path} does not exist`,
          path.includes('/bridge/') ? 'run "modprobe br_netfilter"' : 'use a kernel that has this setting',
        );
      return text.trim() === '1'
        ? ok
        : error(`${path} contents are not set to 1: run "sysctl -w ${settingOf(path)}=1"`);
    },
  };
}

/** The name of a kernel setting, as sysctl takes it. */
const settingOf = (path: string): string => path.replace('/proc/sys/', '').replaceAll('/', '.');

export function programInPath(program: string, missing: 'fatal' | 'a warning', debianPackage: string = program): Check {
  return {
    name: `FileExisting-${program}`,
    log: ['checks.go:368', `validating the presence of executable ${program}`],
    run: async ({ commands }) => {
      if ((await commands.find(program)) !== undefined) return ok;
      const report = missing === 'fatal' ? error : warning;
      return report(`${program} not found in system path`, `apt-get install ${debianPackage}`);
    },
  };
}

export function nodeNameResolves(nodeName: string): Check {
  return {
    name: 'Hostname',
    log: ['checks.go:399', 'checking whether the given node name is valid and reachable using net.LookupHost'],
    run: async ({ network }) => {
      const problem = await network.lookupProblem(nodeName);
      if (problem === undefined) return ok;
      return {
        warnings: [
          `hostname "${nodeName}" could not be reached`,
          `hostname "${nodeName}": lookup ${nodeName}: ${problem}: add it to /etc/hosts`,
        ],
      };
    },
  };
}

export const swapIsOff: Check = {
  name: 'Swap',
  log: ['checks.go:637', 'validating whether swap is enabled or not'],
  run: async ({ files }) => {
    const swaps = ((await files.read('/proc/swaps')) ?? '').split('\n').filter((line) => line.trim() !== '');
    return swaps.length > 1
      ? warning(
          'swap is supported for cgroup v2 only. The kubelet must be properly configured to use swap. Please refer to https://kubernetes.io/docs/concepts/architecture/nodes/#swap-memory, or disable swap on the node',
          'run "swapoff -a", and take it out of /etc/fstab',
        )
      : ok;
  },
};

export function runtimeAnswers(criSocket: string): Check {
  const path = criSocket.replace(/^unix:\/\//, '');
  return {
    name: 'CRI',
    log: ['checks.go:102', 'validating the container runtime'],
    run: async ({ network }) => {
      const problem = await network.socketProblem(path);
      if (problem === undefined) return ok;
      return error(
        `could not connect to the container runtime: failed to create new CRI runtime service: validate service connection: validate CRI v1 runtime API for endpoint "${criSocket}": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${path}: ${problem}": start the container runtime ("systemctl start containerd"), or name its socket with --cri-socket`,
      );
    },
  };
}

const supportedKernels =
  'Supported LTS versions from the 5.x series are 5.4, 5.10 and 5.15. Any 6.x version is also supported. For cgroups v2 support, the recommended version is 5.10 or newer';

/** The kernel's release, and the cgroup controllers that the kubelet limits pods with. */
export const systemVerification: Check = {
  name: 'SystemVerification',
  log: ['checks.go:514', 'running all checks'],
  async run({ files, machine }) {
    const { version, present } = await cgroupControllers(files);
    const lacking = (names: readonly string[]): string => names.filter((name) => !present.has(name)).join(' ');
    const required = ['cpu', ...(version === 1 ? ['cpuacct'] : []), 'cpuset', 'devices', 'freezer', 'memory', 'pids'];
    const missing = lacking(required);
    const optional = lacking(['hugetlb']);
    const enable = 'add "cgroup_enable=memory cgroup_memory=1" or the like to the kernel\'s command line, and restart';
    return {
      warnings: [
        ...(isSupported(machine.kernelRelease)
          ? []
          : [`kernel release ${machine.kernelRelease} is unsupported. ${supportedKernels}`]),
        ...(version === 1
          ? [
              'cgroups v1 support is deprecated and will be removed in a future release. Please migrate to cgroups v2. For more information, see https://git.k8s.io/enhancements/keps/sig-node/5573-remove-cgroup-v1',
            ]
          : []),
        ...(optional === '' ? [] : [`missing optional cgroups: ${optional}`]),
      ],
      errors: missing === '' ? [] : [said(`missing required cgroups: ${missing}`, enable)],
    };
  },
};

const isSupported = (release: string): boolean =>
  /^5\.(4|10|15)(?!\d)/.test(release) || /^([6-9]|[1-9]\d+)\.\d+\.\d+/.test(release);

/** cgroup2 names its controllers in one file, and has devices and freezer built in; cgroup v1 has a table for all. */
async function cgroupControllers(files: {
  read(path: string): Promise<string | undefined>;
}): Promise<{ version: 1 | 2; present: ReadonlySet<string> }> {
  const unified = await files.read('/sys/fs/cgroup/cgroup.controllers');
  if (unified !== undefined) {
    return { version: 2, present: new Set([...unified.trim().split(/\s+/), 'devices', 'freezer']) };
  }
  const table = (await files.read('/proc/cgroups')) ?? '';
  const rows = table.split('\n').map((line) => line.split('\t'));
  const enabled = rows.filter(([name, , , on]) => name && !name.startsWith('#') && on === '1');
  return { version: 1, present: new Set(enabled.map(([name]) => name ?? '')) };
}

const install = `install the package kubelet of this release, ${kubernetesVersion}`;

/** All that `kubelet --version` prints. */
const versionLine = /^Kubernetes v((\d+)\.(\d+)\.\d+[-0-9a-zA-Z_.+]*)$/;

/** The kubelet must speak the same version, give or take: it may be older, never newer. */
export const kubeletVersion: Check = {
  name: 'KubeletVersion',
  log: ['checks.go:603', 'validating kubelet version'],
  async run({ commands }) {
    if ((await commands.find('kubelet')) === undefined) {
      return error(
        "couldn't get kubelet version: cannot execute 'kubelet --version': exec: \"kubelet\": executable file not found in $PATH",
        install,
      );
    }
    const { code, stdout, stderr } = await commands.run('kubelet', ['--version']);
    if (code !== 0) {
      return error(
        `couldn't get kubelet version: cannot execute 'kubelet --version': ${stderr.trim() || `exit status ${code}`}`,
        install,
      );
    }
    const version = versionLine.exec(stdout.trim());
    if (!version) {
      return error(
        `couldn't get kubelet version: Unable to parse output from Kubelet: ${JSON.stringify(stdout.trim())}`,
        install,
      );
    }
    const [, release = '', , minor] = version;
    const ours = /v(\d+)\.(\d+)/.exec(kubernetesVersion);
    if (Number(minor) < Number(ours?.[2]) - 3) {
      return error(`Kubelet version "${release}" is lower than kubeadm can support. Please upgrade kubelet`, install);
    }
    return Number(minor) > Number(ours?.[2])
      ? error(
          `the kubelet version is higher than the control plane version. This is not a supported version skew and may lead to a malfunctional cluster. Kubelet version: "${release}" Control plane version: "${kubernetesVersion.slice(1)}"`,
          install,
        )
      : ok;
  },
};
