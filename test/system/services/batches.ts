/**
 * ASYNC_TRANSACTION: 3,000 items of which one is bad, while a lone instruction is answered; a message of nearly 8 MiB; and a batch in whose
 * middle the ledger's process is killed, while a withdrawal waits for its hour. When it is over: ida 8,420.10, bo 2,012.90; 10 are paid out.
 */
import { expect } from 'vitest';
import { project, withdraw } from '../../../demo/platform/messages.ts';
import { type Answer, readAnswer, timestamp } from '../../../demo/platform/protocol.ts';
import { bo, ida, leg, own, record, reserves, trade, type World, withdrawalsWait } from './world.ts';

const ITEMS = 3_000;
const BAD = 1_499;

/** The items of a batch as they were told, by their numbers; complete once all are. */
async function toldOf({ notifications }: World, prefix: string, count: number): Promise<ReadonlyMap<string, Answer>> {
  const told = new Map<string, Answer>();
  await notifications.waitFor(({ serviceName, respData }) => {
    const no = respData['asyncRequestNo'];
    if (serviceName === 'ASYNC_TRANSACTION' && typeof no === 'string' && no.startsWith(prefix)) told.set(no, respData);
    return told.size === count;
  }, `${count} items of ${prefix}…`);
  return told;
}

/** So many releases of 0.10 each out of one bid. */
const releases = (prefix: string, count: number, freezeRequestNo: string) =>
  Array.from({ length: count }, (_, index) =>
    trade(`${prefix}${index}`, 'TENDER', 'P4', leg('TENDER', ida, bo, '0.10', { freezeRequestNo })),
  );

async function manyItems(world: World): Promise<void> {
  const { teller, client } = world;
  const bizDetails = releases('N', ITEMS, 'T10');
  bizDetails[BAD] = trade(`N${BAD}`, 'TENDER', 'P4', leg('TENDER', ida, bo, '1000.00', { freezeRequestNo: 'T10' }));
  const batch = { batchNo: 'B1', bizDetails };
  expect(await client.call('ASYNC_TRANSACTION', batch)).toMatchObject({ code: '0', status: 'SUCCESS' });
  const lone = { requestNo: 'F9', platformUserNo: ida.userNo, amount: '1.00' };
  expect(await client.call('FREEZE', lone)).toMatchObject({ code: '0', status: 'SUCCESS' });
  const told = await toldOf(world, 'N', ITEMS);
  const failed = [...told.values()].filter(({ status }) => status !== 'SUCCESS');
  expect(failed).toHaveLength(1);
  expect(failed[0]).toMatchObject({
    asyncRequestNo: `N${BAD}`,
    bizType: 'TENDER',
    bizOrigin: 'DISPERSION',
    status: 'FAIL',
    errorCode: '100008',
    errorMessage: '冻结订单可用金额不足',
  });
  await record(world, 'TRANSACTION', `N${BAD}`, { status: 'FAIL', errorCode: '100008' });
  await record(world, 'TRANSACTION', `N${ITEMS - 1}`, {
    status: 'SUCCESS',
    confirmTradeType: 'TENDER',
    projectNo: 'P4',
  });
  expect(await client.call('ASYNC_TRANSACTION', batch)).toMatchObject({ code: '0', status: 'SUCCESS' });
  await teller.direct('the lone freeze ends', 'UNFREEZE', {
    requestNo: 'U9',
    originalFreezeRequestNo: 'F9',
    amount: '1.00',
  });
  await teller.balances('0.10 of the bid are left', ida.userNo, { balance: '8520.10', freezeAmount: '0.10' });
  await teller.direct('… and cancelled', 'CANCEL_PRE_TRANSACTION', {
    requestNo: 'C11',
    preTransactionNo: 'T10',
    amount: '0.10',
  });
}

const LONG_ITEMS = 400;
const LONG_DETAILS = 25;
const LIMIT_BYTES = 8 * 1024 * 1024;

/** Posts a message as JSON, which a form would make longer. */
async function postJson({ client }: World, envelope: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${client.settings.gatewayUrl}/service`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(envelope),
  });
  const body = await response.text();
  client.verify(body, response.headers.get('sign'), response.headers.get('keySerial'));
  return readAnswer(body);
}

/** A batch of 10,000 details with so many characters in one field, there and back, so that it moves nothing in all. */
function longBatch(batchNo: string, prefix: string, characters: number): object {
  const [out, back] = [
    leg('FUNDS_TRANSFER', own.funds, own.marketing, '0.01'),
    leg('FUNDS_TRANSFER', own.marketing, own.funds, '0.01'),
  ];
  const details = Array.from({ length: LONG_DETAILS }, (_, at) => ({
    ...(at % 2 === 0 ? out : back),
    remark: '备'.repeat(200),
    customDefine: '注'.repeat(characters),
  }));
  return {
    batchNo,
    timestamp: timestamp(),
    bizDetails: Array.from({ length: LONG_ITEMS }, (_, at) =>
      // Every other item goes the other way round, so that all together come to nothing.
      trade(`${prefix}${at}`, 'FUNDS_TRANSFER', undefined, ...(at % 2 === 0 ? details : [...details.slice(1), back])),
    ),
  };
}

async function longMessage(world: World): Promise<void> {
  const { client } = world;
  const signed = (characters: number) =>
    client.signed('ASYNC_TRANSACTION', JSON.stringify(longBatch('B2', 'LONG', characters)));
  let characters = 40;
  let envelope = signed(characters);
  while (Buffer.byteLength(JSON.stringify(envelope)) > LIMIT_BYTES) {
    characters -= 2;
    envelope = signed(characters);
  }
  expect(Buffer.byteLength(JSON.stringify(envelope))).toBeGreaterThan(LIMIT_BYTES * 0.95);
  const long = { ...envelope, reqData: `${envelope['reqData']}${' '.repeat(LIMIT_BYTES)}` };
  expect(await postJson(world, long)).toMatchObject({ code: '1', errorCode: '100002' });
  expect(await postJson(world, envelope)).toMatchObject({ code: '0', status: 'SUCCESS' });
  const told = await toldOf(world, 'LONG', LONG_ITEMS);
  expect([...told.values()].filter(({ status }) => status !== 'SUCCESS')).toEqual([]);
}

const KILLED_ITEMS = 1_000;

/** @param kill kills the process that has the ledger with signal 9, and starts another. */
async function killedInTheMiddle(world: World, kill: () => Promise<void>): Promise<void> {
  const { teller, client, notifications } = world;
  await teller.direct('another bid', 'USER_AUTO_PRE_TRANSACTION', reserves('T11', ida, 'TENDER', 'P4', '100.00'));
  const batch = { batchNo: 'B3', bizDetails: releases('K', KILLED_ITEMS, 'T11') };
  expect(await client.call('ASYNC_TRANSACTION', batch)).toMatchObject({ code: '0', status: 'SUCCESS' });
  await notifications.waitFor(({ respData }) => String(respData['asyncRequestNo']).startsWith('K'), 'the first item');
  await kill();
  const told = await toldOf(world, 'K', KILLED_ITEMS);
  expect([...told.values()].filter(({ status }) => status !== 'SUCCESS')).toEqual([]);
  await record(world, 'PRETRANSACTION', 'T11', { status: 'UNFREEZED', unfreezeAmount: '100.00' });
}

export async function batchesAreDone(world: World, kill: () => Promise<void>): Promise<void> {
  const { teller } = world;
  await withdrawalsWait(world, 1);
  await teller.approved('10.00, in a minute', 'WITHDRAW', withdraw('W8', ida, '10.00'), ida, {
    withdrawStatus: 'ACCEPT',
  });
  await withdrawalsWait(world, 0);
  await teller.direct('a large project', 'ESTABLISH_PROJECT', { ...project('P4', bo, 'P4'), projectAmount: '5000.00' });
  await teller.direct('a bid', 'USER_AUTO_PRE_TRANSACTION', reserves('T10', ida, 'TENDER', 'P4', '300.00'));
  await manyItems(world);
  await longMessage(world);
  await killedInTheMiddle(world, kill);
  await teller.told(
    'what waited is paid',
    'WITHDRAW',
    { requestNo: 'W8', withdrawStatus: 'SUCCESS' },
    { status: 'SUCCESS' },
  );
  await record(world, 'WITHDRAW', 'W8', { status: 'SUCCESS', amount: '10.00' });
}
