import { BlockList, isIP, isIPv6 } from 'node:net';
import { type IpFamily, messagesOf } from '@typernetes/base';
import type { StorageConfig } from '../config/internal.ts';
import type { Host, ProxySettings } from '../host.ts';
import { addressInSubnet, hostPort } from '../network-address.ts';
import type { Check, Findings } from './check.ts';

const ok: Findings = {};

/** The proxy that HTTPS requests to `host` would use; undefined if none. */
export function proxyFor(
  host: string,
  { https, exceptions }: Pick<ProxySettings, 'https' | 'exceptions'>,
): string | undefined {
  if (https === '' || host === 'localhost' || host.startsWith('127.') || host === '::1') return undefined;
  return exceptions.some((exception) => covers(exception, host)) ? undefined : https;
}

function covers(exception: string, host: string): boolean {
  if (exception === '') return false;
  if (exception === '*' || exception === host) return true;
  const [address = '', bits] = exception.split('/');
  if (bits !== undefined) {
    if (isIP(host) === 0 || isIP(host) !== isIP(address)) return false;
    const family = isIPv6(host) ? 'ipv6' : 'ipv4';
    const list = new BlockList();
    list.addSubnet(address, Number(bits), family);
    return list.check(host, family);
  }
  return isIP(host) === 0 && host.endsWith(exception.startsWith('.') ? exception : `.${exception}`);
}

/** Components and joining machines should reach the API server without a proxy. */
export function noProxyTo(host: string): Check {
  return {
    name: 'HTTPProxy',
    log: ['checks.go:428', 'validating if the connectivity type is via proxy or direct'],
    async run({ machine }) {
      const proxy = proxyFor(host, machine.proxies);
      if (proxy === undefined) return ok;
      const warning = `Connection to "https://${host}" uses proxy "${proxy}". If that is not intended, adjust your proxy settings`;
      return { warnings: [`${warning}: add ${host} to NO_PROXY`] };
    },
  };
}

/** Services and pods should be reached without a proxy, too. */
export function noProxyToSubnets(subnets: string): Check {
  return {
    name: 'HTTPProxyCIDR',
    log: ['checks.go:467', 'validating http connectivity to first IP address in the CIDR'],
    async run({ machine }) {
      const warnings = subnets
        .split(',')
        .filter((subnet) => subnet !== '')
        .flatMap((subnet) => {
          const proxy = proxyFor(addressInSubnet(subnet, 1), machine.proxies);
          if (proxy === undefined) return [];
          return [
            `connection to "${subnet}" uses proxy "${proxy}". This may lead to malfunctional cluster setup. Make sure that Pod and Services IP ranges specified correctly as exceptions in proxy configuration: add ${subnet} to NO_PROXY`,
          ];
        });
      return { warnings };
    },
  };
}

/** Another program's firewall may block ports that the cluster needs. */
export function firewallIsOpen(ports: readonly number[]): Check {
  return {
    name: 'Firewalld',
    log: ['checks.go:166', 'validating if the firewall is enabled and active'],
    async run({ files, commands }) {
      if (!(await files.exists('/run/systemd/system'))) return ok;
      const { code } = await commands.run('systemctl', ['is-active', '--quiet', 'firewalld']);
      if (code !== 0) return ok;
      const open = ports.map((port) => `firewall-cmd --permanent --add-port=${port}/tcp`).join(' && ');
      return {
        warnings: [
          `firewalld is active, please ensure ports [${ports.join(' ')}] are open or your cluster may not function correctly: run "${open} && firewall-cmd --reload"`,
        ],
      };
    },
  };
}

/** The kubelet must start when the machine boots. */
export const kubeletServiceIsEnabled: Check = {
  name: 'Service-Kubelet',
  log: ['checks.go:128', 'validating if the "kubelet" service is enabled and active'],
  async run({ files, commands }) {
    if (!(await files.exists('/run/systemd/system'))) return ok;
    // If there is no unit, kubeadm will install and enable one.
    const known = await commands.run('systemctl', ['status', 'kubelet']);
    if (known.code === 4) return ok;
    const { code } = await commands.run('systemctl', ['is-enabled', '--quiet', 'kubelet']);
    return code === 0
      ? ok
      : { warnings: ["kubelet service is not enabled, please run 'systemctl enable kubelet.service'"] };
  },
};

/** Only then does traffic between pods of one machine pass the rules of Services. */
export const bridgesAreFiltered = (family: IpFamily): Check => ({
  name: `FileContent--proc-sys-net-bridge-bridge-nf-call-${tables[family]}`,
  log: ['checks.go:327', `validating the contents of file /proc/sys/net/bridge/bridge-nf-call-${tables[family]}`],
  async run({ files }) {
    const setting = `bridge-nf-call-${tables[family]}`;
    const path = `/proc/sys/net/bridge/${setting}`;
    const text = await files.read(path);
    if (text?.trim() === '1') return ok;
    return {
      warnings: [
        text === undefined
          ? `${path} does not exist: run "modprobe br_netfilter"`
          : `${path} contents are not set to 1: run "sysctl -w net.bridge.${setting}=1"`,
      ],
    };
  },
});

const tables = { IPv4: 'iptables', IPv6: 'ip6tables' } as const;

/** etcd 3.4 is the oldest release with all that the API server needs. */
export function externalEtcdAnswers(storage: StorageConfig): Check {
  return {
    name: 'ExternalEtcdVersion',
    async run(host) {
      if (storage.kind !== 'external-etcd') return ok;
      const read = async (path: string): Promise<string | undefined> =>
        path === '' ? undefined : await host.files.read(path);
      const { caFile, certFile, keyFile } = storage;
      const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(read));
      if (caFile !== '' && ca === undefined) {
        return { errors: [`couldn't load external etcd's server certificate ${caFile}: ${notThere(caFile)}`] };
      }
      const lost = [
        { file: certFile, text: cert },
        { file: keyFile, text: key },
      ].find(({ file, text }) => file !== '' && text === undefined);
      if (lost) {
        return {
          errors: [
            `couldn't load external etcd's certificate and key pair ${certFile}, ${keyFile}: ${notThere(lost.file)}`,
          ],
        };
      }
      const tls = { ...(ca ? { ca } : {}), ...(cert && key ? { cert, key } : {}) };
      const { endpoints, httpEndpoints } = storage;
      const asked = httpEndpoints.length > 0 ? httpEndpoints : endpoints;
      const found = await Promise.all(asked.map((endpoint) => etcdProblem(host, endpoint, tls)));
      return { errors: found.flat() };
    },
  };
}

const notThere = (file: string): string => `open ${file}: no such file or directory`;

async function etcdProblem(
  { network }: Pick<Host, 'network'>,
  endpoint: string,
  tls: { ca?: string; cert?: string; key?: string },
): Promise<string[]> {
  try {
    const { status, body } = await network.get(`${endpoint.replace(/\/$/, '')}/version`, { ...tls, timeoutMs: 10_000 });
    if (status !== 200) return [`etcd at ${endpoint} answers ${status}: ${body.trim().slice(0, 200)}`];
    const { etcdserver = '' } = JSON.parse(body) as { etcdserver?: string };
    const [major = 0, minor = 0] = etcdserver.split('.').map(Number);
    return major > 3 || (major === 3 && minor >= 4)
      ? []
      : [`this version of kubeadm only supports external etcd version >= 3.4.0. Current version: ${etcdserver}`];
  } catch (error) {
    return [`${messagesOf(error)}: check the endpoint and the files of etcd.external`];
  }
}

/** A wrong clock makes certificates and tokens invalid. */
export function clockAgrees(endpoint: string, now: () => number): Check {
  const allowedMs = 5 * 60_000;
  return {
    name: 'Clock',
    async run({ network }) {
      let time: number | undefined;
      try {
        ({ time } = await network.get(`https://${endpoint}/livez`, { timeoutMs: 5000 }));
      } catch {
        // An unreachable server is reported by discovery, which waits longer.
        return ok;
      }
      const skewMs = time === undefined ? 0 : now() - time;
      if (Math.abs(skewMs) <= allowedMs) return ok;
      const shown = new Date(time ?? 0).toISOString();
      return {
        errors: [
          `the clock of this machine is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs < 0 ? 'behind' : 'ahead of'} the API server's at ${hostPortText(endpoint)}, where it is ${shown}: set it, for example with "date -s ${shown}", or let a time service do it`,
        ],
      };
    },
  };
}

const hostPortText = (endpoint: string): string => (endpoint.includes(':') ? endpoint : hostPort(endpoint, 6443));

/** Images, the store, container layers and the kubelet's files need disk space. */
export const enoughDisk: Check = {
  name: 'Disk',
  async run({ commands }) {
    const { code, stdout } = await commands.run('df', ['-Pk', '/var/lib']);
    const kilobytes = Number(stdout.trim().split('\n').at(-1)?.split(/\s+/)[3]);
    if (code !== 0 || !Number.isFinite(kilobytes) || kilobytes >= 1024 ** 2) return ok;
    return {
      warnings: [
        `the file system of /var/lib has ${Math.floor(kilobytes / 1024)} MB left, less than the recommended 1024 MB: the kubelet evicts pods when it is full`,
      ],
    };
  },
};
