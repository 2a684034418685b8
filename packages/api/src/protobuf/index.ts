export { WireWriter } from '@typernetes/base';
export {
  decodeProtobuf,
  decodeWatchEvent,
  encodeBody,
  encodeProtobuf,
  envelopeOf,
  hasMessage,
  listEnvelope,
  watchFrame,
} from './envelope.ts';
