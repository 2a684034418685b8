/** The streams between a terminal and a process in a container, numbered as the streaming protocol over WebSocket does. */
export const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

export interface RemoteMessage {
  readonly channel: number;
  readonly payload: Uint8Array;
}

/** A process in a container, whatever the protocol that leads to it. */
export interface RemoteProcess {
  /** What it writes, until the connection ends. What comes on the error channel says how the process ended. */
  readonly messages: AsyncIterable<RemoteMessage>;
  /** Resolves once the connection has taken it: whoever waits does not outrun a slow peer. */
  send(message: RemoteMessage): Promise<void>;
  /** Tells the process that its input ends here, where the protocol has a word for that. */
  endInput(): Promise<void>;
  close(): void;
}
