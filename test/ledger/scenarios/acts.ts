/**
 * The lines that do something, each as the instructions it stands for. `R1: I recharges …` gives the act its number; later lines say what
 * became of it: `R1 approved`, `R1 paid D1`.
 */
import { profileRules } from '../../../contract/enumerations.ts';
import type { Act, InstructionMessage, OrderOutcome, Outcome } from '../../../contract/internal/instruction.ts';
import type { OrderMessage } from '../../../contract/internal/order.ts';
import type { PageFacts } from '../../../contract/internal/reply.ts';
import type { Fen } from '../../../contract/money.ts';
import { asyncTransaction } from '../../../contract/requests/async-transaction.ts';
import { syncTransaction } from '../../../contract/requests/sync-transaction.ts';
import { parseTimestamp } from '../../../contract/time.ts';
import { proofs } from '../../../ledger/operations/pages.ts';
import { type Sender, sealed } from './messages.ts';
import { CHANNEL, dayOf, numberOf, type Words, yuan } from './words.ts';

/** What earlier lines left behind for later ones. */
export interface Memory {
  readonly sender: Sender;
  readonly sent: Map<string, InstructionMessage>;
  readonly pages: Map<string, PageFacts>;
  readonly orders: Map<string, OrderMessage>;
}

const redirectUrl = 'https://platform.example/back';

/** `NUMBER: …`: a platform's own message. `details` are the indented lines below it. */
export function platformAct(no: string, words: Words, details: readonly Words[]): Act {
  const request = { requestNo: no };
  if (words.skip('trade')) return trade(no, words, details);
  if (words.skip('trades')) return trades(no, details);
  if (words.skip('cancels')) {
    const amount = yuan(words.next('amount'));
    words.must('of');
    const commission = words.option('commission');
    const preTransactionNo = words.next('hold');
    // `profit C 1.00` as often as there are partners.
    const profitDetails: { targetPlatformUserNo: string; amount: Fen }[] = [];
    while (words.skip('profit'))
      profitDetails.push({
        targetPlatformUserNo: numberOf(words.next('partner')),
        amount: yuan(words.next('amount')),
      });
    return {
      service: 'CANCEL_PRE_TRANSACTION',
      request: {
        ...request,
        preTransactionNo,
        amount,
        ...(commission === undefined ? {} : { commission: yuan(commission) }),
        ...(profitDetails.length === 0 ? {} : { profitDetails }),
      },
    };
  }
  if (words.skip('withdraws-sale')) {
    return { service: 'CANCEL_DEBENTURE_SALE', request: { ...request, creditsaleRequestNo: words.next('sale') } };
  }
  if (words.skip('turns')) return turning(no, words);
  if (words.skip('project')) {
    const projectNo = words.next('project');
    words.must('becomes');
    const status = words.next('status') as 'REPAYING';
    return { service: 'MODIFY_PROJECT', request: { ...request, projectNo, status } };
  }
  const withdrawal = words.skip('confirms') ? 'CONFIRM_WITHDRAW' : words.skip('drops') ? 'CANCEL_WITHDRAW' : undefined;
  if (withdrawal !== undefined)
    return { service: withdrawal, request: { ...request, preTransactionNo: words.next('withdrawal') } };
  if (words.skip('intercepts'))
    return { service: 'INTERCEPT_WITHDRAW', request: { ...request, withdrawRequestNo: words.next('withdrawal') } };
  if (words.skip('line')) {
    const adjustType = words.next('type') as 'INCREASE';
    return {
      service: 'ADJUST_URGENT_BALANCE',
      request: { ...request, adjustType, amount: yuan(words.next('amount')) },
    };
  }
  if (words.skip('unfreezes')) return unfreezing(request, words);
  const platformUserNo = numberOf(words.next('who'));
  const verb = words.next('verb');
  const about = { ...request, platformUserNo };
  switch (verb) {
    case 'registers':
      return registration(about, words);
    case 'authorises':
      return {
        service: 'USER_AUTHORIZATION',
        request: { ...about, ...authorised(words, words.next('list')), redirectUrl },
      };
    case 'resets':
      return { service: 'RESET_PASSWORD', request: { ...about, redirectUrl } };
    case 'proves':
      return { service: 'CHECK_PASSWORD', request: { ...about, bizTypeDescription: '确认', redirectUrl } };
    case 'recharges':
      return recharging(about, words);
    case 'withdraws':
      return withdrawing(about, words);
    case 'freezes':
      return { service: 'FREEZE', request: { ...about, amount: yuan(words.next('amount')) } };
    case 'pays': {
      const amount = yuan(words.next('amount'));
      words.must('to');
      const targetPlatformUserNo = numberOf(words.next('payee'));
      return { service: 'VERIFY_DEDUCT', request: { ...about, amount, targetPlatformUserNo, redirectUrl } };
    }
    case 'files':
      return filing(about, words);
    case 'bids':
    case 'reserves':
    case 'buys':
      return reserving(about, verb, words);
    case 'sells': {
      const saleShare = yuan(words.next('share'));
      words.must('of');
      return { service: 'DEBENTURE_SALE', request: { ...about, projectNo: words.next('project'), saleShare } };
    }
    case 'entrusts': {
      const projectNo = words.next('project');
      words.must('to');
      const entrustedPlatformUserNo = numberOf(words.next('party'));
      const entrustedType = (words.option('as') ?? 'PERSONAL') as 'PERSONAL';
      const request = { ...about, projectNo, checkType: 'LIMIT' as const, entrustedType, entrustedPlatformUserNo };
      return { service: 'AUTHORIZATION_ENTRUST_PAY', request };
    }
    default:
      throw new Error(`nobody ${verb}`);
  }
}

/** `U1: unfreezes 5.00 of F1 [for I]`. */
function unfreezing(request: { readonly requestNo: string }, words: Words): Act {
  const amount = yuan(words.next('amount'));
  words.must('of');
  const originalFreezeRequestNo = words.next('freeze');
  const owner = words.option('for');
  return {
    service: 'UNFREEZE',
    request: {
      ...request,
      originalFreezeRequestNo,
      amount,
      ...(owner === undefined ? {} : { platformUserNo: numberOf(owner) }),
    },
  };
}

type About = { readonly requestNo: string; readonly platformUserNo: string };

function authorised(words: Words, list: string) {
  const cap = words.option('cap');
  const until = words.option('until');
  return {
    authList: list.split(',') as 'TENDER'[],
    ...(cap === undefined ? {} : { amount: yuan(cap) }),
    ...(until === undefined ? {} : { failTime: until }),
  };
}

function registration(about: About, words: Words): Act {
  words.must('as');
  const userRole = words.next('role') as 'INVESTOR';
  const idCard = words.option('id') ?? `ID-${about.platformUserNo}`;
  const auth = words.option('auth');
  const bankcode = words.option('bank');
  return {
    service: 'PERSONAL_REGISTER_EXPAND',
    request: {
      ...about,
      realName: sealed('NAME', `Name ${about.platformUserNo}`),
      idCardNo: sealed('ID_CARD', idCard),
      idCardType: 'PRC_ID',
      bankcardNo: sealed('BANK_CARD', '6222020000001234'),
      mobile: sealed('MOBILE', '13800000000'),
      userRole,
      checkType: 'LIMIT',
      ...(words.flag('unique') ? { userLimitType: 'ID_CARD_NO_UNIQUE' as const } : {}),
      ...(auth === undefined ? {} : authorised(words, auth)),
      ...(bankcode === undefined ? {} : { bankcode }),
      redirectUrl,
    },
  };
}

function recharging(about: About, words: Words): Act {
  const amount = yuan(words.next('amount'));
  const commission = words.option('commission');
  const by = words.option('by');
  const bankcode = words.option('bank');
  const advance = words.option('advance');
  const projectNo = words.option('on');
  const expired = words.option('until');
  return {
    service: 'RECHARGE',
    request: {
      ...about,
      amount,
      ...(commission === undefined ? {} : { commission: yuan(commission) }),
      ...(by === undefined ? {} : { expectPayCompany: by }),
      ...(bankcode === undefined ? {} : { bankcode }),
      rechargeWay: (words.option('way') ?? 'WEB') as 'WEB',
      ...(advance === undefined ? {} : { authtradeType: 'TENDER' as const, authtenderAmount: yuan(advance) }),
      ...(projectNo === undefined ? {} : { projectNo }),
      ...(expired === undefined ? {} : { expired: parseTimestamp(expired) }),
      redirectUrl,
    },
  };
}

function withdrawing(about: About, words: Words): Act {
  const amount = yuan(words.next('amount'));
  const commission = words.option('commission');
  const type = words.option('type');
  const form = words.option('form');
  return {
    service: 'WITHDRAW',
    request: {
      ...about,
      amount,
      ...(commission === undefined ? {} : { commission: yuan(commission) }),
      ...(type === undefined ? {} : { withdrawType: type as 'NORMAL' }),
      ...(form === undefined ? {} : { withdrawForm: form as 'IMMEDIATE' }),
      redirectUrl,
    },
  };
}

function filing(about: About, words: Words): Act {
  const projectNo = words.next('project');
  return {
    service: 'ESTABLISH_PROJECT',
    request: {
      ...about,
      projectNo,
      projectAmount: yuan(words.next('amount')),
      projectName: `Project-${projectNo}`,
      projectType: (words.option('type') ?? 'STANDARDPOWDER') as 'STANDARDPOWDER',
      projectPeriod: 30,
      annualInterestRate: '0.20',
      repaymentWay: 'ONE_TIME_SERVICING',
    },
  };
}

/** `turns 100.00 of F1 into TENDER on P1 [of I]`: a general freeze becomes a pre-transaction. */
function turning(no: string, words: Words): Act {
  const amount = yuan(words.next('amount'));
  words.must('of');
  const originalFreezeRequestNo = words.next('freeze');
  words.must('into');
  const bizType = words.next('bizType') as 'TENDER';
  words.must('on');
  const projectNo = words.next('project');
  const owner = words.option('by');
  const buying = purchase(words);
  return {
    service: 'FREEZE_PRE_TRANSACTION',
    request: {
      requestNo: no,
      originalFreezeRequestNo,
      bizType,
      amount,
      projectNo,
      ...(owner === undefined ? {} : { platformUserNo: numberOf(owner) }),
      ...buying,
    },
  };
}

/** `share 10.00 sale D1`. */
function purchase(words: Words) {
  const share = words.option('share');
  const sale = words.option('sale');
  return {
    ...(share === undefined ? {} : { share: yuan(share) }),
    ...(sale === undefined ? {} : { creditsaleRequestNo: sale }),
  };
}

/**
 * `I bids 100.00 on P1 [coupon 5.00] [page] [by R1]`, `B reserves 100.00 for P1 [page]`, `J buys 100.00 on P1 share 90.00 sale V1 [page]`;
 * each also `[as COMPENSATORY]`.
 */
function reserving(about: About, verb: 'bids' | 'reserves' | 'buys', words: Words): Act {
  const amount = yuan(words.next('amount'));
  words.must(verb === 'reserves' ? 'for' : 'on');
  const projectNo = words.next('project');
  const coupon = words.option('coupon');
  const originalRechargeNo = words.option('by');
  const usual = { bids: 'TENDER', reserves: 'REPAYMENT', buys: 'CREDIT_ASSIGNMENT' }[verb];
  const bizType = (words.option('as') ?? usual) as 'TENDER';
  const request = {
    ...about,
    bizType,
    amount,
    projectNo,
    ...(coupon === undefined ? {} : { preMarketingAmount: yuan(coupon) }),
    ...purchase(words),
  };
  if (words.flag('page')) return { service: 'USER_PRE_TRANSACTION', request: { ...request, redirectUrl } };
  const advance = originalRechargeNo === undefined ? {} : { originalRechargeNo };
  return { service: 'USER_AUTO_PRE_TRANSACTION', request: { ...request, ...advance } };
}

/** `S1: trade TENDER of P1`, below it `TENDER I -> B 100.00 hold T1 [income 1.00] [share 1.00]`; `-` for a party that is not named. */
const trade = (no: string, words: Words, details: readonly Words[]): Act => ({
  service: 'SYNC_TRANSACTION',
  request: syncTransaction.parse(tradeOf(no, words, details)),
});

/** `A1: trades`, below it each as `item S1 TENDER of P1` with its details behind it. */
function trades(no: string, details: readonly Words[]): Act {
  const items: { readonly head: Words; readonly details: Words[] }[] = [];
  for (const line of details) {
    if (line.skip('item')) items.push({ head: line, details: [] });
    else items.at(-1)?.details.push(line);
  }
  const bizDetails = items.map(({ head, details: below }) => {
    const item = tradeOf(head.next('number'), head, below);
    head.end();
    return item;
  });
  return { service: 'ASYNC_TRANSACTION', request: asyncTransaction.parse({ batchNo: no, bizDetails }) };
}

function tradeOf(no: string, words: Words, details: readonly Words[]): object {
  const tradeType = words.next('tradeType');
  const projectNo = words.skip('of') ? words.next('project') : undefined;
  const saleRequestNo = words.option('sale');
  const lines = details.map((detail) => {
    const bizType = detail.next('bizType');
    const source = detail.next('source');
    detail.must('->');
    const target = detail.next('target');
    const amount = detail.next('amount');
    const line = {
      bizType,
      ...(source === '-' ? {} : { sourcePlatformUserNo: numberOf(source) }),
      ...(target === '-' ? {} : { targetPlatformUserNo: numberOf(target) }),
      amount,
      freezeRequestNo: detail.option('hold'),
      income: detail.option('income'),
      share: detail.option('share'),
    };
    detail.end();
    return line;
  });
  return { requestNo: no, tradeType, projectNo, saleRequestNo, details: lines };
}

/** `NUMBER approved`, `NUMBER paid D1` …: what happened to an earlier act. */
export function fate(no: string, verb: string, words: Words, memory: Memory): InstructionMessage {
  const { sender } = memory;
  if (verb === 'approved') {
    const needs = memory.pages.get(no)?.needs;
    if (needs === undefined) throw new Error(`no page of ${no} was opened`);
    const act: Act = {
      service: 'PAGE_APPROVED',
      requestNo: no,
      approvedBy: proofs[needs],
      returnUrl: `https://bank.example/page/${no}`,
    };
    return sender.message('PAGE', `${no}:approved`, act);
  }
  if (verb === 'expires' || verb === 'abandoned') {
    const reason = verb === 'expires' ? 'EXPIRED' : 'CANCELLED';
    return sender.message('PAGE', `${no}:ended`, { service: 'PAGE_EXPIRED', requestNo: no, reason });
  }
  const order = memory.orders.get(no);
  if (order === undefined) throw new Error(`no order of ${no} is out`);
  const outcome = outcomeOf(verb, words, sender.now, no);
  const act: OrderOutcome = {
    service: 'ORDER_OUTCOME',
    orderId: order.orderId,
    requestNo: no,
    kind: order.kind,
    channel: CHANNEL,
    outcome,
  };
  return sender.message('ORDER', `${order.orderId}:${outcome.state}`, act);
}

function outcomeOf(verb: string, words: Words, now: number, no: string): Outcome {
  const channelOrderNo = `C-${no}`;
  switch (verb) {
    case 'verified':
      return { state: 'settled', channelOrderNo, settledAt: now, bankcode: 'ICBK' };
    case 'paid':
      return {
        state: 'settled',
        channelOrderNo,
        clearingDay: dayOf(words.next('day')),
        settledAt: now,
        ...(words.flag('wrongly') ? { wrongPayer: true as const } : {}),
      };
    case 'declined':
      return { state: 'declined', channelErrorCode: 'C51', channelErrorMessage: 'channel said no' };
    case 'returned': {
      const on = words.peek() === undefined ? {} : { clearingDay: dayOf(words.next('day')) };
      return { state: 'returned', channelOrderNo, reason: 'card-closed', returnedAt: now, ...on };
    }
    default:
      throw new Error(`nothing is ${verb}`);
  }
}

/** `lot D1 settles gross … payouts … fee … net …`. */
export function settlement(words: Words, sender: Sender): InstructionMessage {
  const clearingDay = dayOf(words.next('lot'));
  words.must('settles');
  const amount = (name: string) => yuan(words.option(name) ?? '0.00');
  const act: Act = {
    service: 'LOT_SETTLED',
    channel: CHANNEL,
    clearingDay,
    gross: amount('gross'),
    payouts: amount('payouts'),
    fee: amount('fee'),
    net: amount('net'),
  };
  return sender.message('LOT', `${CHANNEL}:${clearingDay}`, act);
}

/** @param limited whether its borrowers may owe no more than its profile says. */
export function opening(
  profile: 'strict' | 'legacy',
  limited: boolean,
  sender: Sender,
  number: string,
  withdrawDelayMinutes?: number,
): InstructionMessage {
  return sender.message('OPERATOR', number, {
    service: 'PLATFORM_ADDED',
    platform: {
      platformNo: sender.platformNo,
      name: '示例平台',
      profile,
      notifyUrl: 'https://platform.example/notify',
      notifyAllow: [],
      services: '*',
      ...(limited ? { limits: profileRules[profile].borrowerLimits } : {}),
      ...(withdrawDelayMinutes === undefined ? {} : { withdrawDelayMinutes }),
      keys: [],
    },
  });
}
