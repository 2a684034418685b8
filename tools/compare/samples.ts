import { minimalObject } from '../../test/integration/minimal-objects.ts';
import type { Chance } from './chance.ts';
import type { FieldFact, SharedFacts, SharedResource } from './facts.ts';
import {
  labelKeys,
  labelValues,
  oddQuantities,
  oddTexts,
  quantities,
  resourceNames,
  storageNames,
  usualTexts,
} from './texts.ts';

export type Json = Record<string, unknown>;

export interface SampleOptions {
  /** The share of a type's fields to add, which halves with each level. Default: 0.5 */
  readonly share?: number;
  /** The share of odd values. Default: 0.01 */
  readonly odd?: number;
}

/** Random objects of the types that both servers have, mostly valid. */
export class Samples {
  readonly #facts: SharedFacts;
  readonly #chance: Chance;
  readonly #share: number;
  readonly #odd: number;

  constructor(facts: SharedFacts, chance: Chance, { share = 0.5, odd = 0.01 }: SampleOptions = {}) {
    this.#facts = facts;
    this.#chance = chance;
    this.#share = share;
    this.#odd = odd;
  }

  /** An object with all required fields, and more; without a status. */
  async object(resource: SharedResource, name: string): Promise<Json> {
    const least = (await minimalObject(resource, name)) as unknown as Json;
    const { metadata, ...rest } = this.grown(structuredClone(least), resource.type, [
      'apiVersion',
      'kind',
      'status',
      'metadata',
    ]);
    return { ...rest, metadata: { ...(metadata as Json), ...this.#someMetadata() } };
  }

  /** A value with further fields of its type. */
  grown(value: Json, type: string, except: readonly string[] = [], depth = 0): Json {
    const grown: Json = { ...value };
    const barred = new Set(this.#barred(type, value));
    for (const [name, field] of Object.entries(this.#facts.fields(type))) {
      const present = grown[name];
      if (except.includes(name)) continue;
      if (present !== undefined) grown[name] = this.#more(present, field, depth);
      else if (!barred.has(name) && this.#chance.of(this.#share / 2 ** depth))
        grown[name] = this.value(name, field, depth);
    }
    return grown;
  }

  /** A random value for a field. */
  value(name: string, field: FieldFact, depth = 0): unknown {
    return this.#ofType(name, { ...field, t: field.t }, depth);
  }

  #more(value: unknown, field: FieldFact, depth: number): unknown {
    if (Array.isArray(value))
      return value.map((item) => this.#more(item, { ...field, t: field.t.replace(/^\[\]/, '') }, depth));
    if (typeof value !== 'object' || value === null || field.t.startsWith('map[') || !field.t.includes('/'))
      return value;
    return this.grown(value as Json, field.t, [], depth + 1);
  }

  #ofType(name: string, field: FieldFact, depth: number): unknown {
    const { t } = field;
    const chance = this.#chance;
    if (t.startsWith('[]')) {
      const count = chance.pick([1, 1, 1, 2, 2, 3, 0]);
      return Array.from({ length: count }, () => this.#ofType(name, { ...field, t: t.slice(2) }, depth));
    }
    const valueType = /^map\[[^\]]*\](.*)$/.exec(t)?.[1];
    if (valueType !== undefined) return this.#map(name, { ...field, t: valueType }, depth);
    if (t.includes('/')) return this.#struct(t, depth + 1);
    return this.#scalar(name, field);
  }

  #map(name: string, field: FieldFact, depth: number): Json {
    const quantity = field.t === 'Quantity';
    const keys = quantity ? (name === 'capacity' || name === 'allocatable' ? storageNames : resourceNames) : labelKeys;
    const chosen = this.#chance.some(keys, 0, 2);
    const value = (): unknown =>
      field.t === 'string'
        ? this.#chance.pick(this.#isOdd() ? oddTexts : labelValues)
        : this.#ofType(name, field, depth);
    return Object.fromEntries(chosen.map((key) => [this.#isOdd() ? this.#chance.pick(oddTexts) : key, value()]));
  }

  /** All required fields, at any depth, and some of the others. */
  #struct(type: string, depth: number): Json {
    const value: Json = {};
    for (const [name, field] of Object.entries(this.#facts.fields(type)))
      if (depth < 12 && (field.req || name === 'name') && !this.#isOdd())
        value[name] = this.#ofType(name, field, depth);
    return this.grown(value, type, [], depth);
  }

  /** Of fields of which only one may be set, all but one. */
  #barred(type: string, value: Json): string[] {
    return this.#facts.choices(type).flatMap((choice) => {
      if (this.#isOdd()) return [];
      const kept = choice.find((name) => value[name] !== undefined) ?? this.#chance.pick(choice);
      return choice.filter((name) => name !== kept);
    });
  }

  #scalar(name: string, { t, g }: FieldFact): unknown {
    const chance = this.#chance;
    const odd = this.#isOdd();
    switch (t) {
      case 'bool':
        return odd ? null : chance.of(0.5);
      case 'int32':
      case 'int64':
      case 'durationNs':
        if (odd) return chance.pick([-1, 65536, 2147483647, 0, 1000001, null]);
        return /port/i.test(name) ? chance.pick([80, 443, 8080, 9090]) : chance.pick([0, 1, 2, 3, 10, 30, 100]);
      case 'Quantity':
        return chance.pick(odd ? oddQuantities : quantities);
      case 'IntOrString':
        return odd ? chance.pick(oddTexts) : chance.pick([1, 2, 80, '25%', '10%', 'http']);
      case 'Time':
        return chance.pick(['2020-01-02T03:04:05Z', '2021-06-07T08:09:10+02:00', null]);
      case 'MicroTime':
        return chance.pick(['2020-01-02T03:04:05.000000Z', '2021-06-07T08:09:10.123456Z']);
      case 'Duration':
        return chance.pick(['1h0m0s', '30s', '1m30s']);
      case 'bytes':
        return chance.pick(['YQ==', 'aGVsbG8=', '']);
      case 'RawExtension':
      case 'JSON':
        return { a: 1, b: ['x', null] };
      case 'float64':
      case 'float32':
        return 0.5;
      default:
        return this.#text(name, g);
    }
  }

  #text(name: string, enumeration: string | undefined): string {
    if (this.#isOdd()) return this.#chance.pick(oddTexts);
    const values = this.#facts.values(enumeration);
    return this.#chance.pick(values.length > 0 ? values : usualTexts(name));
  }

  #someMetadata(): Json {
    const chance = this.#chance;
    const pairs = (): Json =>
      Object.fromEntries(chance.some(labelKeys, 0, 3).map((key) => [key, chance.pick(labelValues)]));
    return { ...(chance.of(0.5) ? { labels: pairs() } : {}), ...(chance.of(0.3) ? { annotations: pairs() } : {}) };
  }

  #isOdd(): boolean {
    return this.#odd > 0 && this.#chance.of(this.#odd);
  }
}
