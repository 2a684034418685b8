import { spawn } from 'node:child_process';

/** Runs a program on this process's terminal, and resolves to its exit code (128 plus the number of a signal that ended it). Rejects if it cannot be started. */
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
