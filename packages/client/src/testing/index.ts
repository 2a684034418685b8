export { type ScriptedAnswer, ScriptedTransport } from './scripted-transport.ts';
