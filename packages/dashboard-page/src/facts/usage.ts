import type { Pod } from '@typernetes/api/core/v1';
import { addQuantities, approximateValue, parseQuantity, type Quantity, zeroQuantity } from '@typernetes/machinery';

/** Processor time in cores, memory in bytes. */
export interface Amounts {
  readonly cpu: number;
  readonly memory: number;
}

type Quantities = Readonly<Record<string, string | number>>;

export const amountsOf = (quantities: Quantities | undefined): Amounts => ({
  cpu: approximateValue(parseQuantity(quantities?.cpu ?? '0')),
  memory: approximateValue(parseQuantity(quantities?.memory ?? '0')),
});

export function sumOf(all: readonly (Quantities | undefined)[]): Amounts {
  const sum = (name: string): number =>
    approximateValue(
      all.reduce<Quantity>((total, one) => addQuantities(total, parseQuantity(one?.[name] ?? '0')), zeroQuantity),
    );
  return { cpu: sum('cpu'), memory: sum('memory') };
}

/** What the containers of a pod ask for together: `requests` or `limits`. */
export const podAmounts = ({ spec }: Pod, what: 'requests' | 'limits'): Amounts =>
  sumOf((spec?.containers ?? []).map(({ resources }) => resources?.[what] as Quantities | undefined));

/** `250m`, `1.5`. */
export function cpuText(cores: number): string {
  if (cores === 0) return '0';
  return cores < 1 ? `${Math.max(1, Math.round(cores * 1000))}m` : String(Math.round(cores * 100) / 100);
}

const units = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];

/** `64Mi`, `1.5Gi`. */
export function memoryText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  return `${value >= 10 || power === 0 ? Math.round(value) : Math.round(value * 10) / 10}${units[power]}`;
}
