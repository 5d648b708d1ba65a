/**
 * Adds to package-lock.json the optional packages of other platforms that npm leaves out (npm/cli issue 9846);
 * without them a later `npm ci` refuses the lockfile. Run by `npm run lock`; running it twice changes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const operatingSystems = 'aix android darwin freebsd linux netbsd openbsd openharmony sunos win32'.split(' ');
const processors = 'riscv64 loong64 mips64el arm64 ppc64 s390x x64 ia32 arm'.split(' ');

/** The key under which `name`, wanted by the package at `where`, is found: the nearest node_modules upwards. */
const foundAt = (packages: Readonly<Record<string, Entry>>, where: string, name: string): string | undefined => {
  for (let at = where; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const key = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (key in packages) return key;
    if (at === '') return undefined;
  }
};

const platformEntry = (name: string, version: string, dev: boolean): object | undefined => {
  const os = operatingSystems.find((it) => name.includes(it));
  const cpu = processors.find((it) => name.includes(it));
  if (os === undefined || cpu === undefined) return undefined;
  const libc = os === 'linux' && name.includes('musl') ? { libc: ['musl'] } : {};
  return { version, cpu: [cpu], ...(dev ? { dev: true } : {}), optional: true, os: [os], ...libc };
};

const file = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> };
let added = 0;
for (const [where, entry] of Object.entries({ ...lock.packages })) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (foundAt(lock.packages, where, name) !== undefined) continue;
    const made = platformEntry(name, range.replace(/^[~^]/, ''), entry.dev === true);
    if (made === undefined) console.error(`no platform in the name of ${name}, wanted by ${where}: left out`);
    else {
      lock.packages[`node_modules/${name}`] = made;
      added++;
    }
  }
}
const entries = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
const withoutAddress = (entry: Entry): Entry =>
  Object.fromEntries(Object.entries(entry).filter(([member]) => member !== 'resolved'));
lock.packages = Object.fromEntries(entries.map(([key, entry]) => [key, withoutAddress(entry)]));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${file}: ${added} entries added`);
