#!/usr/bin/env node
/**
 * A payment company 第三方支付公司, simulated: a server of its own with its own keys, signature, cashier, books and clearing day. Prints one
 * JSON line once it is ready; SIGTERM stops it. State is in --home, so killing it loses nothing.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startCompany } from './server.ts';

const USAGE = `usage: payment-company --home DIR --merchant-public-key FILE [--port N] [--control-port N]
  [--host ADDRESS] [--public-url URL] [--merchant-no NO] [--day yyyyMMdd] [--settle-ms N] [--fee-bp N]`;

const number = (name: string, text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name}: expected a whole number`);
  return Number(text);
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      home: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '0' },
      'control-port': { type: 'string', default: '0' },
      'public-url': { type: 'string' },
      'merchant-no': { type: 'string', default: 'M10001' },
      'merchant-public-key': { type: 'string' },
      day: { type: 'string' },
      'settle-ms': { type: 'string', default: '100' },
      'fee-bp': { type: 'string', default: '0' },
    },
  });
  if (values.home === undefined || values['merchant-public-key'] === undefined) throw new Error(USAGE);
  const company = await startCompany({
    home: resolve(values.home),
    host: values.host,
    port: number('port', values.port),
    controlPort: number('control-port', values['control-port']),
    merchantNo: values['merchant-no'],
    merchantPublicKeyFile: resolve(values['merchant-public-key']),
    settleMs: number('settle-ms', values['settle-ms']),
    feeBp: BigInt(number('fee-bp', values['fee-bp'])),
    ...(values['public-url'] === undefined ? {} : { publicUrl: values['public-url'] }),
    ...(values.day === undefined ? {} : { day: values.day }),
  });
  const { url, controlUrl, publicKeyFile, day } = company;
  process.stdout.write(`${JSON.stringify({ ready: true, url, controlUrl, publicKeyFile, day, pid: process.pid })}\n`);
  const stop = (): void => {
    company.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
