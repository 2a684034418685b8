export { FakeApi } from './fake-api.ts';
export { RecordedEvents } from './recorded-events.ts';
export { type ScriptedAnswer, ScriptedTransport } from './scripted-transport.ts';
