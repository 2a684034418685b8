import type { Pod } from '@typernetes/api/core/v1';
import type { ApiObject } from '@typernetes/machinery';
import { useEffect, useRef, useState } from 'preact/hooks';
import { containersOf } from '../facts/container-facts.ts';
import type { RemoteTerminal } from './remote-terminal.ts';
import { useSurroundings } from './surroundings.ts';

/** A better shell where the image has one. */
const usualCommand = 'sh -c "command -v bash >/dev/null && exec bash || exec sh"';

/** A command in a container, by a terminal. */
export function TerminalTab({ pod }: { readonly pod: ApiObject }) {
  const { connection } = useSurroundings();
  const running = containersOf(pod as Pod).filter(({ status }) => status?.state?.running);
  const [container, setContainer] = useState(running.find(({ role }) => role === 'container')?.name ?? '');
  const [command, setCommand] = useState('');
  const [said, setSaid] = useState('');
  const [run, setRun] = useState(0);
  const place = useRef<HTMLDivElement>(null);
  // A run has what was chosen when it was begun
  useEffect(() => {
    const element = place.current;
    if (run === 0 || !element) return;
    let terminal: RemoteTerminal | undefined;
    let isGone = false;
    setSaid('Connecting …');
    // The terminal is most of the page's weight: it comes with its first use.
    void import('./remote-terminal.ts').then(({ remoteTerminal }) => {
      if (isGone) return;
      const target = { namespace: pod.metadata.namespace, name: pod.metadata.name, container };
      terminal = remoteTerminal(element, { connection, target, command: command || usualCommand, say: setSaid });
    });
    return () => {
      isGone = true;
      terminal?.close();
    };
  }, [run]);
  if (running.length === 0) return <p class="none">No container of it runs.</p>;
  return (
    <div class="terminal-tab">
      <form
        class="bar"
        onSubmit={(event) => {
          event.preventDefault();
          setRun(run + 1);
        }}
      >
        <select
          aria-label="Container"
          value={container}
          onChange={({ currentTarget }) => setContainer(currentTarget.value)}
        >
          {running.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <input
          aria-label="Command"
          placeholder="A shell, or a command"
          value={command}
          onInput={({ currentTarget }) => setCommand(currentTarget.value)}
        />
        <button type="submit" class="main">
          {run === 0 ? 'Connect' : 'Connect again'}
        </button>
        <output class="dim">{said}</output>
      </form>
      <div class="terminal" ref={place} />
    </div>
  );
}
