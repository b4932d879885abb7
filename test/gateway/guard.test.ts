/** Where notifications may go: public addresses and named private ranges, however the address is written. */
import { describe, expect, test } from 'vitest';
import { Forbidden, guardOf } from '../../gateway/notifications/guard.ts';

const refuses = (url: string, allowed: readonly string[] = []) => {
  expect(() => guardOf(allowed).check(url), url).toThrow(Forbidden);
};

describe('a notify URL', () => {
  test.each([
    'http://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://0/',
    'https://10.1.2.3/',
    'https://172.31.255.255/',
    'https://192.168.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1/',
    'https://198.19.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::ffff:a00:1]/',
    'https://[fe80::1]/',
    'https://[fc00::1]/',
    'https://[fd12:3456::1]/',
    'https://[ff02::1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001::1]/',
    'https://[2001:db8::1]/',
    'https://１２７.0.0.1/',
  ])('%s leads to a private address', (url) => refuses(url));

  test.each([
    'ftp://example.test/',
    'file:///etc/passwd',
    'gopher://x/',
    'nonsense',
    '',
    'https://user:secret@example.test/',
  ])('"%s" is none to use', (url) => refuses(url));

  test.each(['https://8.8.8.8/', 'https://platform.test/notify', 'https://[2606:4700::1111]/', 'https://172.32.0.1/'])(
    '%s may be tried',
    (url) => {
      expect(guardOf([]).check(url).href).toBe(url);
    },
  );

  test('a named range opens itself and nothing beside it', () => {
    const guard = guardOf(['10.1.0.0/16', 'fd00:1::/32', '127.0.0.1/32', 'nonsense', '10.0.0.0/99']);
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd00:1::9', '127.0.0.1'])
      expect(guard.allows(address), address).toBe(true);
    for (const address of ['10.2.0.1', 'fd00:2::1', '127.0.0.2', '::1', '192.168.1.1'])
      expect(guard.allows(address), address).toBe(false);
  });

  test('a public address may be told encrypted only, a named range plainly too', () => {
    const guard = guardOf(['10.1.0.0/16']);
    expect([guard.allows('8.8.8.8'), guard.allowsPlain('8.8.8.8')]).toEqual([true, false]);
    expect(guard.allowsPlain('10.1.0.1')).toBe(true);
  });

  test('what is no address at all is not allowed', () => {
    for (const text of ['', 'localhost', '1.2.3', '1.2.3.4.5', ':::']) expect(guardOf([]).allows(text)).toBe(false);
  });
});

describe('a name', () => {
  const resolve = (allowed: readonly string[], all: boolean) =>
    new Promise<unknown>((done) => {
      guardOf(allowed).lookup('localhost', { all }, (error, address) => done(error ?? address));
    });

  test('that resolves to private addresses only does not resolve', async () => {
    for (const all of [true, false]) expect(await resolve([], all)).toBeInstanceOf(Forbidden);
  });

  test('resolves to those of its addresses that are allowed', async () => {
    expect(await resolve(['127.0.0.0/8'], false)).toBe('127.0.0.1');
    expect(await resolve(['127.0.0.0/8'], true)).toEqual([{ address: '127.0.0.1', family: 4 }]);
  });
});
