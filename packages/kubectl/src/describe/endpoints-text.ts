import type { EndpointSlice } from '@typernetes/api/discovery/v1';

const most = 3;

/** The ready addresses of a port; three of them, and how many more there are. For slices without ports only addresses are shown. */
export function endpointsText(slices: readonly EndpointSlice[], portName: string): string {
  if (slices.length === 0) return '<none>';
  const addresses: string[] = [];
  let behind = 0;
  let full = false;
  for (const { ports, endpoints } of slices) {
    const matching = ports?.length ? ports.filter(({ name = '' }) => name === portName) : [undefined];
    for (const port of matching) {
      for (const { addresses: [address = ''] = [], conditions } of endpoints ?? []) {
        // As upstream counts: an address that is not ready but stands behind the third still says that there is more.
        if (addresses.length === most) full = true;
        if (conditions?.ready === false) continue;
        if (full) behind++;
        else addresses.push(port ? `${address.includes(':') ? `[${address}]` : address}:${port.port}` : address);
      }
    }
  }
  const shown = addresses.join(',');
  return full ? `${shown} + ${behind} more...` : shown;
}
