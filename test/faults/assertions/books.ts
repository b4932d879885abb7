/** What the product's database says of one platform after healing, read as superuser, in one snapshot, as plain rows for the judge. */
import pg from 'pg';

export interface Claim {
  readonly number: string;
  readonly origin: string;
  readonly digest: string;
  readonly state: 'OPEN' | 'DONE' | 'REFUSED';
  readonly service: string;
  readonly errorCode: string | null;
}

export interface OrderRow {
  readonly orderId: string;
  readonly kind: 'collect' | 'payout' | 'refund' | 'verify';
  readonly requestNo: string;
  readonly amount: bigint;
  readonly state: string;
  readonly clearingDay: string | null;
}

export interface PaymentRow {
  readonly requestNo: string;
  readonly status: string;
  readonly amount: bigint;
  readonly commission: bigint;
  readonly orderId: string | null;
}

export interface AccountRow {
  readonly code: string;
  readonly balance: bigint;
  readonly held: bigint;
}

export interface LotRow {
  readonly lot: string;
  readonly clearingDay: string;
  readonly state: string;
  readonly gross: bigint | null;
  readonly payouts: bigint | null;
  readonly net: bigint | null;
}

export interface Books {
  readonly platformNo: string;
  readonly claims: readonly Claim[];
  readonly orders: readonly OrderRow[];
  readonly recharges: readonly PaymentRow[];
  readonly withdrawals: readonly PaymentRow[];
  readonly accounts: readonly AccountRow[];
  readonly lots: readonly LotRow[];
  /** Notifications of the gateway that are not delivered, with what is known of them. */
  readonly undelivered: readonly {
    readonly event: string;
    readonly state: string;
    readonly lastError: string | null;
  }[];
}

export const booksSql = {
  claims: `select number, origin::text as origin, encode(digest, 'hex') as digest, state::text as state, service,
      answer ->> 'errorCode' as "errorCode"
    from ledger.instruction where platform_no = $1`,
  orders: `select order_id as "orderId", kind, request_no as "requestNo", amount, state, clearing_day as "clearingDay"
    from adapters.channel_order where platform_no = $1`,
  recharges: `select request_no as "requestNo", status, amount, commission, order_id as "orderId"
    from ledger.recharge where platform_no = $1`,
  withdrawals: `select request_no as "requestNo", status, amount, commission, order_id as "orderId"
    from ledger.withdrawal where platform_no = $1`,
  accounts: 'select code, balance, held from ledger.account where platform_no = $1',
  lots: `select lot, to_char(clearing_day, 'YYYYMMDD') as "clearingDay", state, gross, payouts, net
    from ledger.lot where platform_no = $1`,
  undelivered: `select event, state, last_error as "lastError" from gateway.notification
    where platform_no = $1 and state <> 'DELIVERED'`,
} as const satisfies { readonly [T in Exclude<keyof Books, 'platformNo'>]: string };

/** A connection that reads bigint as bigint. */
export async function reading<T>(databaseUrl: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const types: pg.CustomTypesConfig = {
    getTypeParser: (oid, format) =>
      oid === pg.types.builtins.INT8 ? (text: string) => BigInt(text) : pg.types.getTypeParser(oid, format),
  };
  const client = new pg.Client({ connectionString: databaseUrl, types, application_name: 'assertions' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Reads a platform's books. */
export async function readBooks(client: pg.Client, platformNo: string): Promise<Books> {
  await client.query('begin isolation level repeatable read read only');
  const rows: Record<string, unknown> = { platformNo };
  for (const [name, text] of Object.entries(booksSql)) rows[name] = (await client.query(text, [platformNo])).rows;
  await client.query('commit');
  return rows as unknown as Books;
}
