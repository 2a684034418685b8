import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logQuery, streamQuery } from './kubelet-query.ts';

test("passes options on to kubelets, whatever a client's language writes for true and false", () => {
  const streams: [asked: string, text: string][] = [
    ['command=sh&command=-c&stdin=true&stdout=1&tty=true', 'input=1&output=1&tty=1&command=sh&command=-c'],
    ['stdin=False&stdout=True&stderr=True&tty=False&command=ls', 'output=1&error=1&command=ls'],
    ['stdout&tty=0', 'output=1'],
  ];
  for (const [asked, text] of streams) assert.equal(String(streamQuery(new URLSearchParams(asked))), text, asked);
  const logs: [asked: string, text: string][] = [
    ['follow=True&previous=False&tailLines=3&container=c', 'follow=true&tailLines=3'],
    ['follow=false&timestamps&limitBytes=5', 'timestamps=true&limitBytes=5'],
    ['', ''],
  ];
  for (const [asked, text] of logs) assert.equal(String(logQuery(new URLSearchParams(asked))), text, asked);
});
