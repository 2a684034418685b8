import pluginFacts from '../facts/plugins.json' with { type: 'json' };
import type { CallOptions } from './container-runtime.ts';
import { GrpcChannel, type Method } from './grpc-channel.ts';
import { codecsOf } from './message-codec.ts';
import type { FactPackage } from './message-table.ts';

/** The codecs of `registration.<Message>`. */
export const registrationCodecs = codecsOf({
  registration: pluginFacts['pluginregistration/v1'] as unknown as FactPackage,
});

/** What a plugin reports about itself on its registration socket. */
export interface PluginInfo {
  readonly type: string;
  readonly name: string;
  readonly endpoint: string;
  readonly supportedVersions: readonly string[];
}

export interface PluginRegistration {
  info(options?: CallOptions): Promise<PluginInfo>;
  /** Tells the plugin the result; `error` is empty if it was accepted. */
  notify(error: string, options?: CallOptions): Promise<void>;
  close(): void;
}

export const registrationMethods = {
  info: {
    path: '/pluginregistration.Registration/GetInfo',
    request: 'registration.InfoRequest',
    response: 'registration.PluginInfo',
  },
  notify: {
    path: '/pluginregistration.Registration/NotifyRegistrationStatus',
    request: 'registration.RegistrationStatus',
    response: 'registration.RegistrationStatusResponse',
  },
} as const satisfies Record<string, Method>;

export function connectRegistration(socket: string): PluginRegistration {
  const channel = new GrpcChannel(socket, registrationCodecs);
  return {
    info: (options) => channel.unary<PluginInfo>(registrationMethods.info, {}, options),
    notify: async (error, options) =>
      void (await channel.unary(registrationMethods.notify, { pluginRegistered: error === '', error }, options)),
    close: () => channel.close(),
  };
}
