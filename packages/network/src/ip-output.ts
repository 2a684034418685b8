import type { PresentTunnel } from './tunnel-commands.ts';
import type { Link, Path } from './underlay.ts';

/** A link as `ip -json -details address show` prints it. */
interface PrintedLink {
  readonly ifname: string;
  readonly mtu: number;
  readonly flags?: readonly string[];
  readonly address?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: PrintedVxlan };
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number; readonly scope?: string }[];
}

interface PrintedVxlan {
  readonly id?: number;
  readonly port?: number;
  readonly local?: string;
  readonly local6?: string;
  readonly learning?: boolean;
}

/** The output of `ip -json -details address show`. */
export function linksOf(output: string): Link[] {
  return documents<PrintedLink>(output).map(({ ifname, mtu, flags = [], address = '', linkinfo, addr_info = [] }) => {
    const { id = 0, port = 0, local, local6, learning = true } = linkinfo?.info_data ?? {};
    return {
      name: ifname,
      mac: address,
      mtu,
      up: flags.includes('UP'),
      addresses: addr_info.filter(({ scope }) => scope !== 'link').map((one) => `${one.local}/${one.prefixlen}`),
      ...(linkinfo?.info_kind === 'vxlan' ? { vxlan: { vni: id, port, local: local ?? local6, learning } } : {}),
    };
  });
}

/** The output of lines `route get ADDRESS` to `ip -json -batch -`, one list each. */
export function pathsOf(output: string): ReadonlyMap<string, Path> {
  const routes = documents<{ dst: string; dev?: string; gateway?: string; via?: object; type?: string }>(output);
  return new Map(
    routes.flatMap(({ dst, dev, gateway, via, type = 'unicast' }) =>
      type === 'unicast' && dev !== undefined
        ? [[dst, { device: dev, direct: gateway === undefined && via === undefined }] as const]
        : [],
    ),
  );
}

/** The output of `ip -json neigh show nud permanent dev DEVICE`. */
export function neighboursOf(output: string): PresentTunnel['neighbours'] {
  return documents<{ dst: string; lladdr?: string }>(output).map(({ dst, lladdr = '' }) => ({
    address: dst,
    mac: lladdr,
  }));
}

/** The output of `bridge -json fdb show dev DEVICE`. */
export function forwardingOf(output: string): PresentTunnel['forwarding'] {
  return documents<{ mac: string; dst?: string }>(output).map(({ mac, dst }) => ({ mac, remote: dst }));
}

/** What the kernel says of an address to which it has no way. */
const noWay = /^(RTNETLINK answers: .*|Command failed -:\d+)$/;

/** Whether all that `ip -force -batch -` complains about is that there is no way to some of the addresses. */
export const onlyUnreachable = (complaints: string): boolean =>
  complaints
    .trim()
    .split('\n')
    .every((line) => noWay.test(line));

/** The elements of one or more lists of JSON, each of which begins a line. Nothing is printed for an empty list. */
function documents<T>(output: string): T[] {
  return output
    .split(/\n(?=\[)/)
    .map((text) => text.trim())
    .filter(Boolean)
    .flatMap((text) => JSON.parse(text) as T[]);
}
