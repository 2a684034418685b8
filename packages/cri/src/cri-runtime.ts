import { containerCalls } from './container-calls.ts';
import type { ContainerRuntime } from './container-runtime.ts';
import { CriCalls, type CriOptions } from './cri-calls.ts';
import { imageCalls } from './image-calls.ts';
import { runtimeCalls } from './runtime-calls.ts';
import { runtimeEvents } from './runtime-events.ts';
import { sandboxCalls } from './sandbox-calls.ts';
import { streamCalls } from './stream-calls.ts';

/** Connects to the runtime that serves CRI at `endpoint`, with the first call. */
export function connectRuntime(endpoint: string, options: CriOptions = {}): ContainerRuntime {
  const calls = new CriCalls(endpoint, options);
  return {
    ...runtimeCalls(calls),
    ...sandboxCalls(calls, options),
    ...containerCalls(calls),
    ...streamCalls(calls),
    ...imageCalls(calls),
    events: (signal, onSubscribed) => runtimeEvents(calls.channel, signal, onSubscribed),
    close: () => calls.close(),
  };
}
