import { featureGates } from '@typernetes/api/feature-gates';

/** Whether a gate is open when no flag says anything. A gate that nobody knows is closed. */
export const isOnByDefault = (gate: string): boolean => featureGates[gate]?.on ?? false;

/**
 * Whether a gate is open by `--feature-gates`: by its own name, else by `AllAlpha` or `AllBeta`, else as it is by default. One that is
 * locked stays as it is.
 */
export function gatesBy(given: Readonly<Record<string, string>>): (gate: string) => boolean {
  return (gate) => {
    const known = featureGates[gate];
    if (known?.locked) return known.on;
    const said = given[gate] ?? (known && given[`All${known.stage}`]);
    return said === undefined ? isOnByDefault(gate) : said === 'true';
  };
}
