import { spawn } from 'node:child_process';

/** Runs a program on the terminal of this one, and resolves to its exit code (128 and the signal's number when a signal ended it). Rejects when it cannot be started. */
export function runProgram(
  command: string,
  args: readonly string[],
  options: { readonly environment: Readonly<Record<string, string | undefined>>; readonly signal?: AbortSignal },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: 'inherit',
      env: { ...options.environment },
      ...(options.signal ? { signal: options.signal } : {}),
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}
