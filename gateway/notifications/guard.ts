/**
 * Where notifications may go: public addresses, and those private ranges that a platform's registration names. Checked three times, since each
 * alone can be got around: the URL's host when it is an address, every address that a name resolves to, and the address the socket reached.
 */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Not public (RFC 6890 and its registries): this network, private, shared, loopback, link-local, test nets, multicast, reserved. */
const PRIVATE_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** Within 2000::/3, which alone is public: protocol assignments (Teredo among them), documentation, 6to4 (it carries any IPv4). */
const PRIVATE_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const listOf = (ranges: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address);
    const prefix = bits === undefined ? (family === 6 ? 128 : 32) : Number(bits);
    // A range that cannot be read allows nothing; it must not stop deliveries to other platforms.
    if (family === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > (family === 6 ? 128 : 32)) continue;
    list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
};

const blockedV4 = listOf(PRIVATE_V4);
const blockedV6 = listOf(PRIVATE_V6);
const publicV6 = listOf(['2000::/3']);

/** The IPv4 address inside an IPv4-mapped IPv6 one (::ffff:a.b.c.d, in either way of writing). */
function mappedV4(address: string): string | undefined {
  const canonical = new URL(`http://[${address.split('%')[0]}]/`).hostname;
  const match = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(canonical);
  if (match === null) return undefined;
  const value = Number.parseInt(match[1] ?? '', 16) * 65536 + Number.parseInt(match[2] ?? '', 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** An address that a notification must not be sent to; the text names no address. */
export class Forbidden extends Error {
  override readonly name = 'Forbidden';
  constructor(reason: string) {
    super(reason);
  }
}

export interface Guard {
  /** Whether a notification may be sent to this IP address. */
  allows(address: string): boolean;
  /** Whether it may be sent there unencrypted: only into a range that the registration names. */
  allowsPlain(address: string): boolean;
  /** Parses a URL and refuses what can be refused by looking at it. Throws `Forbidden`. */
  check(url: string): URL;
  /** DNS for the connector: answers only addresses that are allowed, and fails when there is none. */
  readonly lookup: LookupFunction;
}

/** @param allowed private ranges (CIDR) that are open to this platform. */
export function guardOf(allowed: readonly string[]): Guard {
  const open = listOf(allowed);
  const allowsPlain = (address: string): boolean => {
    const family = isIP(address);
    if (family === 0) return false;
    const v4 = family === 4 ? address : mappedV4(address);
    return v4 === undefined ? open.check(address, 'ipv6') : open.check(v4, 'ipv4');
  };
  const allows = (address: string): boolean => {
    const family = isIP(address);
    if (family === 0) return false;
    if (allowsPlain(address)) return true;
    const v4 = family === 4 ? address : mappedV4(address);
    if (v4 !== undefined) return !blockedV4.check(v4, 'ipv4');
    return publicV6.check(address, 'ipv6') && !blockedV6.check(address, 'ipv6');
  };
  const check = (text: string): URL => {
    if (!URL.canParse(text)) throw new Forbidden('the notify URL is none');
    const url = new URL(text);
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw new Forbidden('the notify URL is neither https nor http');
    if (url.username !== '' || url.password !== '') throw new Forbidden('the notify URL holds a password');
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !allows(host)) throw new Forbidden('the notify URL leads to a private address');
    return url;
  };
  const lookup: LookupFunction = (hostname, options, callback) => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const [first, ...rest] = (addresses as LookupAddress[]).filter(({ address }) => allows(address));
      if (first === undefined)
        return callback(new Forbidden('the notify URL resolves to private addresses only'), '', 0);
      if (options.all === true) return callback(null, [first, ...rest]);
      return callback(null, first.address, first.family);
    });
  };
  return { allows, allowsPlain, check, lookup };
}
