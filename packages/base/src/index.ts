export { type Clock, microTimestamp, systemClock, timestamp } from './clock.ts';
export { aggregateText, codeOf, messageOf, messagesOf } from './errors.ts';
export { type GrpcCode, grpcCodes } from './grpc-code.ts';
export {
  type IpAddress,
  type IpFamily,
  type IpRange,
  ipAddressText,
  ipFamilyOf,
  ipRangeText,
  isGlobalUnicast,
  parseIpAddress,
  parseIpRange,
  rangesOverlap,
} from './ip-address.ts';
export { isAbort, type Runnable, runAll } from './lifecycle.ts';
export type { LogFields, Logger } from './log.ts';
export { WireReader, wire } from './protobuf/wire-reader.ts';
export { WireWriter } from './protobuf/wire-writer.ts';
export { jitter, nameSuffix, type Random, systemRandom } from './random.ts';
export { silentLogger } from './silent-logger.ts';
export { TokenBucket, type TokenBucketOptions } from './token-bucket.ts';
export type { TracedCall } from './traced-call.ts';
export {
  type BuildSource,
  buildSource,
  imageRepository,
  imageTag,
  kubernetesVersion,
  typernetesVersion,
  version,
} from './version.ts';
