import type { TracedCall } from '@typernetes/base';
import type { CallOptions } from './container-runtime.ts';
import { codecOf } from './cri-codecs.ts';
import { GrpcChannel, type Method } from './grpc-channel.ts';
import type { VersionResponse } from './messages.ts';

export interface CriOptions {
  /** The endpoint of the image service, if it differs. */
  readonly imageEndpoint?: string;
  /** The time limit of calls that do not wait for programs, images or streams; without it, none. */
  readonly timeoutMs?: number;
  /** Traces calls as part of the caller's span. */
  readonly traced?: TracedCall | undefined;
}

interface LimitedCall extends CallOptions {
  /** Added to the time limit; `Infinity`: the call has none. */
  readonly extraMs?: number;
}

/** The calls of the interface's two services, with their time limits. */
export class CriCalls {
  /** Of the runtime's own endpoint. */
  readonly channel: GrpcChannel;
  readonly #imageChannel: GrpcChannel;
  readonly #timeoutMs: number;

  constructor(endpoint: string, { imageEndpoint = '', timeoutMs = 0, traced }: CriOptions = {}) {
    this.#timeoutMs = timeoutMs;
    this.channel = new GrpcChannel(endpoint, codecOf, { traced });
    const isApart = imageEndpoint !== '' && imageEndpoint !== endpoint;
    this.#imageChannel = isApart ? new GrpcChannel(imageEndpoint, codecOf, { traced }) : this.channel;
  }

  runtime<R>(name: string, message: unknown, options?: LimitedCall): Promise<R> {
    return this.channel.unary<R>(method('RuntimeService', name), message, this.#limited(options));
  }

  images<R>(name: string, message: unknown, options?: LimitedCall): Promise<R> {
    return this.#imageChannel.unary<R>(method('ImageService', name), message, this.#limited(options));
  }

  version(options?: CallOptions): Promise<VersionResponse> {
    return this.runtime<VersionResponse>('Version', {}, options);
  }

  /** What the runtime says of itself beyond the interface: containerd's settings are under `config`. */
  async info(options?: CallOptions): Promise<Readonly<Record<string, string>>> {
    return (await this.runtime<{ info: Record<string, string> }>('Status', { verbose: true }, options)).info;
  }

  close(): void {
    this.channel.close();
    if (this.#imageChannel !== this.channel) this.#imageChannel.close();
  }

  #limited({ extraMs = 0, ...options }: LimitedCall = {}): CallOptions & { timeoutMs?: number } {
    const isLimited = this.#timeoutMs > 0 && extraMs !== Number.POSITIVE_INFINITY;
    return isLimited ? { ...options, timeoutMs: this.#timeoutMs + extraMs } : options;
  }
}

/** A method whose messages are named after it: `PullImage`, `PullImageRequest`, `PullImageResponse`. */
function method(service: 'RuntimeService' | 'ImageService', name: string): Method {
  return {
    path: `/runtime.v1.${service}/${name}`,
    request: `cri.${name}Request`,
    response: `cri.${name}Response`,
  };
}
