import { details, logStep } from './log-lines.ts';
import type { Output } from './output.ts';

/** Logs what was found out about this machine: its container runtime's socket, unless a flag names it, and its address. */
export function logMachine(
  { output }: { readonly output: Output },
  of: { readonly criSocket: string | undefined; readonly found: string; readonly address?: string },
): void {
  if (of.criSocket === undefined)
    logStep(output, 'initconfiguration.go:123', `detected and using CRI socket: ${of.found}`);
  if (of.address) output.log?.(details, 'interface.go:443', `Found active IP ${of.address} `);
}
