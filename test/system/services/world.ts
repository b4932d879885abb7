/** Who takes part in the story of all services, what he sends, and how it is asked what became of it. */
import { closeClearingDay, control, type House } from '../../../demo/house.ts';
import { Browser } from '../../../demo/platform/browser.ts';
import { recharge } from '../../../demo/platform/messages.ts';
import { NotificationServer } from '../../../demo/platform/notifications.ts';
import { type Answer, PlatformClient, type PlatformSettings } from '../../../demo/platform/protocol.ts';
import { type Customer, type Facts, Teller } from '../../../demo/platform/teller.ts';

export const PLATFORM_NO = '20001';

export const ida: Customer = { userNo: 'ida', password: 'Investor-2026', role: 'INVESTOR' };
export const jan: Customer = { userNo: 'jan', password: 'Investor-2027', role: 'INVESTOR' };
export const bo: Customer = { userNo: 'bo', password: 'Borrower-2026', role: 'BORROWERS' };
export const gu: Customer = { userNo: 'gu', password: 'Guarantor-2026', role: 'GUARANTEECORP' };
export const co: Customer = { userNo: 'co', password: 'Partner-2026', role: 'COLLABORATOR' };
export const su: Customer = { userNo: 'su', password: 'Supplier-2026', role: 'SUPPLIER' };

/** The platform's own accounts. */
export const own = {
  funds: 'SYS_GENERATE_000',
  marketing: 'SYS_GENERATE_002',
  income: 'SYS_GENERATE_004',
  interest: 'SYS_GENERATE_005',
  advance: 'SYS_GENERATE_007',
} as const;

export interface World {
  readonly house: House;
  readonly client: PlatformClient;
  readonly notifications: NotificationServer;
  readonly teller: Teller;
}

/** Opens the platform on a house and hands it over. */
export async function inWorld(house: House, live: (world: World) => Promise<void>): Promise<void> {
  const settings = (await house.addPlatform(PLATFORM_NO)) as unknown as PlatformSettings & { notifyPort: number };
  const client = new PlatformClient(settings);
  const notifications = new NotificationServer(client);
  await notifications.listen(settings.notifyPort);
  const told = process.env['QIANZHI_TELL'] === undefined ? () => undefined : console.log;
  const teller = new Teller({ client, notifications, browser: () => new Browser(), told });
  try {
    await live({ house, client, notifications, teller });
  } finally {
    notifications.close();
  }
}

/** Asks what became of a number until it is what is expected. */
export const record = (
  { teller }: World,
  transactionType: string,
  requestNo: string,
  expected: Facts,
): Promise<void> => {
  const first = (answer: Answer) => (answer['records'] as readonly Record<string, unknown>[] | undefined)?.[0] ?? {};
  const question = { requestNo, transactionType };
  return teller.query(`record of ${requestNo}`, 'QUERY_TRANSACTION', question, first, expected);
};

/** A recharge that is paid; a platform account's needs nobody's password. */
export const paysIn = (
  { teller }: World,
  requestNo: string,
  who: Customer | string,
  amount: string,
  more: { readonly commission?: string; readonly [field: string]: string | undefined } = {},
): Promise<void> => {
  const customer = typeof who === 'string' ? undefined : who;
  const userNo = typeof who === 'string' ? who : who.userNo;
  const request = { ...recharge(requestNo, userNo, amount), ...more };
  return teller.page(`${userNo} recharges ${amount}`, 'RECHARGE', request, customer, { rechargeStatus: 'SUCCESS' });
};

export const operator = ({ house }: World, ...words: readonly string[]): Promise<string> =>
  house.cli(...words, '--platform', PLATFORM_NO);

/** How long NORMAL withdrawals wait; 0: not at all. */
export const withdrawalsWait = ({ house }: World, minutes: number): Promise<string> =>
  house.cli('platform', 'terms', PLATFORM_NO, '--withdraw-delay', String(minutes));

/** The payment company treats the next order of this kind and amount (in fen) in a way of its own. */
export const company = ({ house }: World, kind: string, amount: number, behaviour: object): Promise<void> =>
  control(house.paymentCompany.controlUrl, 'rules', {
    match: { on: 'create', kind, amount: String(amount) },
    times: 1,
    behaviour,
  });

export const dayCloses = ({ house }: World): Promise<void> => closeClearingDay(house.paymentCompany.controlUrl);

const numberOf = (who: Customer | string): string => (typeof who === 'string' ? who : who.userNo);

/** One leg of a trade. */
export const leg = (
  bizType: string,
  from: Customer | string,
  to: Customer | string,
  amount: string,
  more: { readonly freezeRequestNo?: string; readonly income?: string; readonly share?: string } = {},
) => ({
  bizType,
  sourcePlatformUserNo: numberOf(from),
  targetPlatformUserNo: numberOf(to),
  amount,
  ...more,
});

export const trade = (
  requestNo: string,
  tradeType: string,
  projectNo: string | undefined,
  ...details: readonly object[]
) => ({
  requestNo,
  tradeType,
  ...(projectNo === undefined ? {} : { projectNo }),
  details,
});

/** A pre-transaction. */
export const reserves = (
  requestNo: string,
  who: Customer,
  bizType: string,
  projectNo: string,
  amount: string,
  more: object = {},
) => ({
  requestNo,
  platformUserNo: who.userNo,
  bizType,
  projectNo,
  amount,
  ...more,
});
