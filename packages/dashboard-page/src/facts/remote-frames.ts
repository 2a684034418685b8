/** The channels of `v5.channel.k8s.io`: the first byte of each message says what the rest is. */
export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

export function frameOf(channel: number, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(data.length + 1);
  frame[0] = channel;
  frame.set(data, 1);
  return frame;
}

/** The size of a terminal, in characters. */
export const sizeFrame = ({ cols, rows }: { cols: number; rows: number }): Uint8Array<ArrayBuffer> =>
  frameOf(channels.resize, new TextEncoder().encode(JSON.stringify({ Width: cols, Height: rows })));

interface ExecStatus {
  readonly status?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** How the command ended, by the Status of the error channel. */
export function endingOf(data: Uint8Array): string {
  const text = new TextDecoder().decode(data);
  try {
    const { status, message = '', details } = JSON.parse(text) as ExecStatus;
    if (status === 'Success') return 'The command has ended';
    const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
    return code === undefined ? message : `The command has ended with exit code ${code}`;
  } catch {
    return text;
  }
}
