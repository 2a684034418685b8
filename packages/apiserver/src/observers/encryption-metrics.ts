import { exponentialBuckets, type Metrics } from '@typernetes/process';
import { hashText } from './reload-metrics.ts';

export type Transformation = 'from_storage' | 'to_storage';

/** Observes encryption at rest. Times are in seconds; `status` is a gRPC status, `OK` for success. */
export interface EncryptionObserver {
  /** A value of a resource (`secrets`, `deployments.apps`) was read or written by the provider with a prefix. */
  transformed(what: Transformation, of: { resource: string; prefix: string; status: string }, seconds: number): void;
  /** A new key for data was made. */
  keyMade(seconds: number): void;
  keyFailed(): void;
  /** A KMS plugin was called: `/v2.KeyManagementService/Encrypt`. */
  asked(provider: string, method: string, of: { status: string; seconds: number }): void;
  /** A value was read or written with the plugin's key of this id. */
  keyUsed(what: Transformation, provider: string, keyId: string): void;
  /** The plugin reported its key id, valid or not. */
  keyReported(provider: string, keyId: string): void;
  keyInvalid(provider: string, error: string): void;
  /** How many decrypted keys are cached. */
  known(provider: string, count: number): void;
}

/**
 * `apiserver_storage_transformation_*`, `apiserver_storage_data_key_*` and `apiserver_envelope_encryption_*`. Key ids
 * are reported as hashes.
 */
export function encryptionMetrics(
  metrics: Metrics,
  { serverId, now }: { readonly serverId: string; readonly now: () => number },
): EncryptionObserver {
  const id = hashText(serverId);
  const hashOf = (keyId: string): string => (keyId === '' ? '' : hashText(keyId));
  const latencies = metrics.histogram('apiserver_storage_transformation_duration_seconds', {
    help: 'Latencies in seconds of value transformation operations.',
    labels: ['transformation_type', 'transformer_prefix'],
    buckets: exponentialBuckets(5e-6, 2, 25),
  });
  const operations = metrics.counter('apiserver_storage_transformation_operations_total', {
    help: 'Total number of transformations. Successful transformation will have a status "OK" and a varied status string when the transformation fails. The status, resource, and transformation_type fields can be used for alerting purposes.',
    labels: ['resource', 'transformation_type', 'transformer_prefix', 'status'],
  });
  const keyTimes = metrics.histogram('apiserver_storage_data_key_generation_duration_seconds', {
    help: 'Latencies in seconds of data encryption key(DEK) generation operations.',
    buckets: exponentialBuckets(5e-6, 2, 14),
  });
  const keyFailures = metrics.counter('apiserver_storage_data_key_generation_failures_total', {
    help: 'Total number of failed data encryption key(DEK) generation operations.',
  });
  const envelope = (rest: string): string => `apiserver_envelope_encryption_${rest}`;
  const calls = metrics.histogram(envelope('kms_operations_latency_seconds'), {
    help: 'KMS operation duration with gRPC error code status total.',
    labels: ['provider_name', 'method_name', 'grpc_status_code'],
    buckets: exponentialBuckets(0.0001, 2, 20),
  });
  const ofUse = ['transformation_type', 'provider_name', 'key_id_hash', 'apiserver_id_hash'];
  const uses = metrics.counter(envelope('key_id_hash_total'), {
    help: 'Number of times a keyID is used split by transformation type, provider, and apiserver identity.',
    labels: ofUse,
  });
  const lastUse = metrics.gauge(envelope('key_id_hash_last_timestamp_seconds'), {
    help: 'The last time in seconds when a keyID was used.',
    labels: ofUse,
  });
  const lastReported = metrics.gauge(envelope('key_id_hash_status_last_timestamp_seconds'), {
    help: 'The last time in seconds when a keyID was returned by the Status RPC call.',
    labels: ['provider_name', 'key_id_hash', 'apiserver_id_hash'],
  });
  const invalid = metrics.counter(envelope('invalid_key_id_from_status_total'), {
    help: 'Number of times an invalid keyID is returned by the Status RPC call split by error.',
    labels: ['provider_name', 'error'],
  });
  const cached = metrics.gauge(envelope('dek_source_cache_size'), {
    help: 'Number of records in data encryption key (DEK) source cache. On a restart, this value is an approximation of the number of decrypt RPC calls the server will make to the KMS plugin.',
    labels: ['provider_name'],
  });
  return {
    transformed: (what, { resource, prefix, status }, seconds) => {
      operations.add([resource, what, prefix, status]);
      if (status === 'OK') latencies.observe(seconds, [what, prefix]);
    },
    keyMade: (seconds) => keyTimes.observe(seconds),
    keyFailed: () => keyFailures.add(),
    asked: (provider, method, { status, seconds }) => calls.observe(seconds, [provider, method, status]),
    keyUsed: (what, provider, keyId) => {
      const labels = [what, provider, hashOf(keyId), id];
      uses.add(labels);
      lastUse.set(now() / 1000, labels);
    },
    keyReported: (provider, keyId) => lastReported.set(now() / 1000, [provider, hashOf(keyId), id]),
    keyInvalid: (provider, error) => invalid.add([provider, error]),
    known: (provider, count) => cached.set(count, [provider]),
  };
}
