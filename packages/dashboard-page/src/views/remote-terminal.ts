import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import type { Connection } from '../api/connection.ts';
import { known, pathOf } from '../api/resource.ts';
import { commandWords } from '../facts/command-words.ts';
import { channels, endingOf, frameOf, sizeFrame } from '../facts/remote-frames.ts';
import { sheetDocument } from './sheet-document.ts';

export interface RemoteTerminal {
  close(): void;
}

interface RemoteTerminalOptions {
  readonly connection: Connection;
  readonly target: {
    readonly namespace: string | undefined;
    readonly name: string | undefined;
    readonly container: string;
  };
  readonly command: string;
  /** Hears how it stands. */
  readonly say: (text: string) => void;
}

/** Runs a command in a container, with a terminal in `element`. */
export function remoteTerminal(
  element: HTMLElement,
  { connection, target, command, say }: RemoteTerminalOptions,
): RemoteTerminal {
  const sheets = sheetDocument();
  const terminal = new Terminal({
    cursorBlink: true,
    fontSize: 14,
    screenReaderMode: false,
    scrollback: 5_000,
    documentOverride: sheets.document,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  sheets.during(() => terminal.open(element));
  fit.fit();
  terminal.focus();
  const query = new URLSearchParams({ container: target.container, stdin: 'true', stdout: 'true', tty: 'true' });
  for (const word of commandWords(command)) query.append('command', word);
  const path = `${pathOf(known.pods, { ...target, subresource: 'exec' })}?${query}`;
  const socket = connection.socket(path, ['v5.channel.k8s.io']);
  socket.binaryType = 'arraybuffer';
  const send = (frame: Uint8Array<ArrayBuffer>): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(frame);
  };
  const encoder = new TextEncoder();
  terminal.onData((text) => send(frameOf(channels.stdin, encoder.encode(text))));
  terminal.onBinary((text) =>
    send(
      frameOf(
        channels.stdin,
        Uint8Array.from(text, (c) => c.charCodeAt(0)),
      ),
    ),
  );
  terminal.onResize((size) => send(sizeFrame(size)));
  const watcher = new ResizeObserver(() => fit.fit());
  watcher.observe(element);
  let ending = '';
  let wasOpen = false;
  socket.addEventListener('open', () => {
    wasOpen = true;
    say('Connected');
    send(sizeFrame(terminal));
  });
  socket.addEventListener('message', ({ data }) => {
    const message = new Uint8Array(data as ArrayBuffer);
    const channel = message[0];
    const bytes = message.subarray(1);
    if (channel === channels.stdout || channel === channels.stderr) terminal.write(bytes);
    else if (channel === channels.error) ending = endingOf(bytes);
  });
  socket.addEventListener('close', () => {
    // Browsers do not tell why a connection was refused.
    say(ending || (wasOpen ? 'The connection has ended' : 'Refused: you may not be allowed to exec into this pod'));
    terminal.options.cursorBlink = false;
    terminal.options.disableStdin = true;
  });
  return {
    close() {
      watcher.disconnect();
      socket.close();
      terminal.dispose();
      sheets.forget();
    },
  };
}
