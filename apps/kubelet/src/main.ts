#!/usr/bin/env node
import process from 'node:process';
import { runProgram } from '@typernetes/process';
import { main } from './run.ts';

await runProgram(process, 'kubelet', (args, signal) =>
  main(args, {
    signal,
    onPowerOff: (listener) => void process.once('SIGPWR', listener),
    pid: process.pid,
    stdout: process.stdout,
    stderr: process.stderr,
  }),
);
