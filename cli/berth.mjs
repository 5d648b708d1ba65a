#!/usr/bin/env node
/** In a checkout the sources run, as Node 24 reads them; the package holds what was built of them. */
import { existsSync } from 'node:fs';

const sources = new URL('berth.ts', import.meta.url);
const inCheckout = existsSync(sources);
const oldest = inCheckout ? 24 : 22;
if (Number(process.versions.node.split('.')[0]) < oldest) {
  console.error(
    `Node ${oldest} or newer expected, found ${process.versions.node}: ${inCheckout ? 'run `npm ci`, then `npx berth` finds it' : 'install it from https://nodejs.org'}.`,
  );
  process.exit(2);
}
await import((inCheckout ? sources : new URL('../dist-cli/berth.js', import.meta.url)).href);
