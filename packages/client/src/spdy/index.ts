export { controlKind, decodeSpdyFrame, encodeControl, encodeData, encodeSynStream } from './frames.ts';
export { type SpdySession, type SpdyStream, spdySession } from './session.ts';
