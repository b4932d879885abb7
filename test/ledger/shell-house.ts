/** The ledger's shell on PostgreSQL as a house for scenarios: what the model says must be what the database holds. */

import { revive } from '../../contract/internal/codec.ts';
import type { InstructionMessage } from '../../contract/internal/instruction.ts';
import type { Answer, QueryMessage } from '../../contract/internal/reply.ts';
import { answerFrom } from '../../ledger/ask.ts';
import type { Due } from '../../ledger/decision.ts';
import type { AccountRow, InstructionRow } from '../../ledger/rows.ts';
import { queries } from '../../ledger/rules.ts';
import { type AccountRecord, toAccount } from '../../ledger/sql/accounts.ts';
import { toFloats } from '../../ledger/sql/columns.ts';
import { type HoldRecord, toHold } from '../../ledger/sql/holds.ts';
import { type InstructionRecord, toInstruction } from '../../ledger/sql/instructions.ts';
import { type RechargeRecord, toRecharge, toWithdrawal, type WithdrawalRecord } from '../../ledger/sql/payments.ts';
import { type LotRecord, toLot } from '../../ledger/sql/platforms.ts';
import { type ProjectRecord, type ShareRecord, toProject, toShare } from '../../ledger/sql/projects.ts';
import {
  type FeeRecord,
  type RefundRecord,
  type SuspenseRecord,
  toFee,
  toRefund,
  toSuspense,
} from '../../ledger/sql/refunds.ts';
import {
  type ClaimRecord,
  type EntrustmentRecord,
  type PurchaseRecord,
  type SaleRecord,
  toClaim,
  toEntrustment,
  toPurchase,
  toSale,
} from '../../ledger/sql/trades.ts';
import { toUser, type UserRecord } from '../../ledger/sql/users.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import type { BookedEntry, BookedJournal, Books, Effect, House } from './scenarios/house.ts';
import type { Workbench } from './workbench.ts';

type EntryRecord = Omit<BookedEntry, 'balanceAfter' | 'floats'> & {
  readonly journal: bigint;
  readonly origin: string;
  readonly number: string;
  readonly balance_after: BookedEntry['balanceAfter'];
  readonly floats: unknown;
};

export class ShellHouse implements House {
  readonly #bench: Workbench;
  #staged = 0;

  constructor(bench: Workbench) {
    this.#bench = bench;
  }

  /** One by one what was told is known of each; a whole batch is one transaction, and its results are told apart by their order. */
  async submit(batch: readonly InstructionMessage[]): Promise<readonly Effect[]> {
    const answers = await this.#bench.submit(batch);
    await this.#bench.shell.idle();
    const staged = (await this.#bench.staged()).slice(this.#staged);
    this.#staged += staged.length;
    const results = staged.flatMap(({ family, message }) => (family === 'result' ? [message] : []));
    const orders = staged.flatMap(({ family, message }) => (family === 'order' ? [message] : []));
    return batch.map((message, index) => {
      const last = index === batch.length - 1;
      const told = results.filter(({ replyTo }) => replyTo?.correlationId === `${message.messageId}:${index}`);
      const answer = answers[index] ?? told[0]?.answer;
      if (answer === undefined) throw new Error(`${message.act.service} ${message.number} was not answered`);
      return { answer, results: last ? results : [], orders: last ? orders : [] };
    });
  }

  async takeDue(platformNo: string, now: number): Promise<readonly Due[]> {
    const rows = await this.#bench.owner.rows<{ number: string; due_at: Date; act: unknown }>(sql`
      delete from ledger.due where platform_no = ${platformNo} and due_at <= to_timestamp(${now}::float8 / 1000)
      returning number, due_at, act`);
    return rows.map(({ number, due_at, act }) => ({ number, at: due_at.getTime(), act: revive(act) as Due['act'] }));
  }

  ask(question: QueryMessage): Promise<Answer> {
    return answerFrom(this.#bench.database, queries, question);
  }

  async books(platformNo: string): Promise<Books> {
    const { owner } = this.#bench;
    const of = platformNo;
    const accounts = await owner.rows<AccountRecord>(
      sql`select * from ledger.account where platform_no = ${of} order by id`,
    );
    const users = await owner.rows<UserRecord>(sql`
      select u.*, card, bankcode, auth_list, amount, fail_time, a.since, used from ledger.platform_user as u
      left join (select * from ledger.bound_card where until is null) as b using (platform_no, platform_user_no)
      left join (select * from ledger.authorisation where until is null) as a using (platform_no, platform_user_no)
      where platform_no = ${of}`);
    const holds = await owner.rows<HoldRecord>(sql`select * from ledger.hold where platform_no = ${of}`);
    const lots = await owner.rows<LotRecord>(sql`select * from ledger.lot where platform_no = ${of}`);
    const projects = await owner.rows<ProjectRecord>(sql`select * from ledger.project where platform_no = ${of}`);
    const shares = await owner.rows<ShareRecord>(sql`select * from ledger.share where platform_no = ${of}`);
    const recharges = await owner.rows<RechargeRecord>(sql`select * from ledger.recharge where platform_no = ${of}`);
    const withdrawals = await owner.rows<WithdrawalRecord>(
      sql`select * from ledger.withdrawal where platform_no = ${of}`,
    );
    const suspenses = await owner.rows<SuspenseRecord>(sql`select * from ledger.suspense where platform_no = ${of}`);
    const refunds = await owner.rows<RefundRecord>(sql`select * from ledger.refund where platform_no = ${of}`);
    const fees = await owner.rows<FeeRecord>(sql`select * from ledger.fee where platform_no = ${of}`);
    return {
      accounts: accounts.map(toAccount).map(({ id: _, ...row }): AccountRow => row),
      users: users.map(toUser),
      holds: holds.map(toHold),
      lots: lots.map(toLot),
      projects: projects.map(toProject),
      shares: shares.map(toShare),
      recharges: recharges.map(toRecharge),
      withdrawals: withdrawals.map(toWithdrawal),
      sales: (await owner.rows<SaleRecord>(sql`select * from ledger.debenture_sale where platform_no = ${of}`)).map(
        toSale,
      ),
      purchases: (await owner.rows<PurchaseRecord>(sql`select * from ledger.purchase where platform_no = ${of}`)).map(
        toPurchase,
      ),
      claims: (await owner.rows<ClaimRecord>(sql`select * from ledger.claim where platform_no = ${of}`)).map(toClaim),
      entrustments: (
        await owner.rows<EntrustmentRecord>(sql`select * from ledger.entrustment where platform_no = ${of}`)
      ).map(toEntrustment),
      suspenses: suspenses.map(toSuspense),
      refunds: refunds.map(toRefund),
      fees: fees.map(toFee),
      journals: await this.#journals(platformNo),
    };
  }

  /** Every claim of a platform, in the order of claiming. */
  async instructions(platformNo: string): Promise<readonly InstructionRow[]> {
    const rows = await this.#bench.owner.rows<InstructionRecord>(sql`
      select *, encode(digest, 'hex') as digest from ledger.instruction where platform_no = ${platformNo} order by id`);
    return rows.map(toInstruction);
  }

  async #journals(platformNo: string): Promise<readonly BookedJournal[]> {
    const rows = await this.#bench.owner.rows<EntryRecord>(sql`
      select journal.id as journal, origin, number, account.code as account, entry.version, side, amount, balance_after, entry.floats,
        contra.code as contra
      from ledger.journal as journal
      join ledger.instruction as instruction on instruction.id = journal.id
      join ledger.entry as entry on entry.journal_id = journal.id
      join ledger.account as account on account.id = entry.account_id
      join ledger.account as contra on contra.id = entry.contra_id
      where journal.platform_no = ${platformNo}
      order by journal.id`);
    const journals = new Map<bigint, { origin: string; number: string; entries: BookedEntry[] }>();
    for (const { journal, origin, number, balance_after, floats, ...entry } of rows) {
      const known = journals.get(journal) ?? { origin, number, entries: [] };
      known.entries.push({ ...entry, balanceAfter: balance_after, floats: toFloats(floats) });
      journals.set(journal, known);
    }
    return [...journals.values()];
  }
}
