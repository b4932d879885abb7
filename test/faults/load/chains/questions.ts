/** What a platform asks: what became of its numbers, and how its users and projects stand. */
import type { Chance } from '../chance.ts';
import type { Station } from '../station.ts';

/** The kind of record that tells of a service's numbers; undefined where the protocol has none. */
export const transactionTypeOf = (service: string): string | undefined => types[service];

const types: Readonly<Record<string, string>> = {
  RECHARGE: 'RECHARGE',
  WITHDRAW: 'WITHDRAW',
  USER_PRE_TRANSACTION: 'PRETRANSACTION',
  USER_AUTO_PRE_TRANSACTION: 'PRETRANSACTION',
  SYNC_TRANSACTION: 'TRANSACTION',
  CANCEL_PRE_TRANSACTION: 'CANCEL_PRETRANSACTION',
};

export async function question(station: Station, chance: Chance): Promise<void> {
  const { client } = station;
  const old = station.old.length === 0 ? undefined : chance.pick(station.old);
  const transactionType = old && transactionTypeOf(old.service);
  const project = station.projects.length === 0 ? undefined : chance.pick(station.projects);
  if (old !== undefined && transactionType !== undefined && chance.percent(60))
    await client.ask('QUERY_TRANSACTION', { requestNo: old.content.requestNo, transactionType }, chance);
  else if (project !== undefined && chance.percent(40))
    await client.ask('QUERY_PROJECT_INFORMATION', { projectNo: project.projectNo }, chance);
  else {
    const { userNo } = chance.pick([...station.investors, ...station.borrowers]);
    await client.ask('QUERY_USER_INFORMATION', { platformUserNo: userNo }, chance);
  }
}
