import type { Device } from '@typernetes/api/resource/v1';
import { messageOf } from '@typernetes/base';
import type { Program } from '@typernetes/cel';

/** An invalid selector: the claim or the class has to change. The message says where it is. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

const maxPrograms = 1000;

/**
 * The selectors of classes and claims, compiled on first use. CEL is loaded with the first pod with claims: most
 * clusters have no devices, and start-up time counts.
 */
export class DeviceSelectors {
  #language: typeof import('@typernetes/cel') | undefined;
  #loading: Promise<void> | undefined;
  readonly #programs = new Map<string, Program | Error>();

  get isReady(): boolean {
    return this.#language !== undefined;
  }

  load(): Promise<void> {
    this.#loading ??= import('@typernetes/cel').then((language) => {
      this.#language = language;
    });
    return this.#loading;
  }

  /** Throws a {@link SelectorError}; `where` names the selector in it, `id` the device. */
  matches(
    expression: string,
    { driver, device }: { readonly driver: string; readonly device: Device },
    { where, id }: { readonly where: string; readonly id: string },
  ): boolean {
    const language = this.#language;
    if (!language) throw new Error('Cannot select devices: the language of selectors is not loaded');
    const program = this.#compiled(expression, language);
    if (program instanceof Error) throw new SelectorError(`${where}: CEL compile error: ${messageOf(program)}`);
    try {
      return language.selectsDevice(program, { ...device, driver }, language.costLimits.perCall);
    } catch (error) {
      throw new SelectorError(`${where} on device ${id}: CEL runtime error: ${messageOf(error)}`, { cause: error });
    }
  }

  #compiled(expression: string, language: typeof import('@typernetes/cel')): Program | Error {
    const known = this.#programs.get(expression);
    if (known) return known;
    let program: Program | Error;
    try {
      program = language.compileDeviceSelector(expression);
    } catch (error) {
      program = error as Error;
    }
    if (this.#programs.size >= maxPrograms) this.#programs.clear();
    this.#programs.set(expression, program);
    return program;
  }
}
