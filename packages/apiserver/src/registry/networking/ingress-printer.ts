import type { Ingress } from '@typernetes/api/networking/v1';
import { age, balancerAddresses } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

const maxHosts = 3;

export const ingressPrinter: Printer<Ingress> = {
  columns: [nameColumn, text('Class'), text('Hosts'), text('Address'), text('Ports'), ageColumn],
  cells: (ingress, now) => [
    ingress.metadata.name,
    ingress.spec.ingressClassName ?? '<none>',
    hosts(ingress),
    balancerAddresses(ingress.status?.loadBalancer?.ingress).join(','),
    ingress.spec.tls?.length ? '80, 443' : '80',
    age(ingress.metadata.creationTimestamp, now),
  ],
};

/** Counts rules, not hosts: a fourth rule makes the list end in "more", even without a host. */
function hosts({ spec }: Ingress): string {
  const rules = spec.rules ?? [];
  const list: string[] = [];
  for (const { host } of rules) {
    if (list.length === maxHosts) return `${list.join(',')} + ${rules.length - maxHosts} more...`;
    if (host) list.push(host);
  }
  return list.join(',') || '*';
}
