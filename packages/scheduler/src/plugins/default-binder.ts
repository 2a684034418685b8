import { pods } from '@typernetes/api/core/v1';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';

/** Binds by a POST to the pod's `binding`. */
export function defaultBinder({ client }: PluginHandle): SchedulerPlugin {
  const api = client.resource(pods);
  return {
    name: 'DefaultBinder',
    wakesOn: [],
    bind: async ({ pod, node }, signal) => {
      const { name, namespace = '', uid } = pod.metadata;
      const binding = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { kind: 'Node', name: node.name },
      };
      await api.createSubresource({ name, namespace }, 'binding', binding, { signal });
    },
  };
}
