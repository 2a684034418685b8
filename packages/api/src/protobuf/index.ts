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
export { WireWriter } from './wire-writer.ts';
