/** What merchants may ask, parsed from JSON: every field is text, amounts are digits of fen. A refusal names the field and what was expected. */
import { type Fen, fen, ZERO } from '../../contract/money.ts';
import { identify, payoutRefusal } from './banks.ts';
import type { Asked } from './company.ts';
import type { Kind } from './rules.ts';

export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

export type Fields = Readonly<Record<string, unknown>>;

export function text(fields: Fields, name: string, longest = 500): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '' || value.length > longest)
    throw new BadRequest(`${name}: expected a text of at most ${longest} characters`);
  return value;
}

function url(fields: Fields, name: string): string {
  const value = text(fields, name, 2_000);
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw new BadRequest(`${name}: expected an http or https URL`);
  return value;
}

function amount(fields: Fields): Fen {
  const value = text(fields, 'amount', 13);
  if (!/^[1-9]\d*$/.test(value)) throw new BadRequest('amount: expected digits of fen, more than 0');
  return fen(BigInt(value));
}

function moment(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new BadRequest(`${name}: expected epoch milliseconds`);
  return value;
}

const numbered = (fields: Fields, kind: Kind) => {
  const orderNo = text(fields, 'orderNo', 40);
  if (!/^[0-9A-Za-z]+$/.test(orderNo)) throw new BadRequest('orderNo: expected letters and digits');
  return { kind, orderNo, subMerchantNo: text(fields, 'subMerchantNo', 50), content: JSON.stringify([kind, fields]) };
};

/** Parses a request to make an order. Throws BadRequest. */
export function parse(kind: Kind, fields: Fields): Asked {
  switch (kind) {
    case 'payment':
      return {
        ...numbered(fields, kind),
        amount: amount(fields),
        notifyUrl: url(fields, 'notifyUrl'),
        returnUrl: url(fields, 'returnUrl'),
        expiresAt: moment(fields, 'expiresAt'),
      };
    case 'payout': {
      const refusal = payoutRefusal(text(fields, 'bankcardNo', 30));
      text(fields, 'name', 100);
      return {
        ...numbered(fields, kind),
        amount: amount(fields),
        notifyUrl: url(fields, 'notifyUrl'),
        ...(refusal === undefined ? {} : { refusal }),
      };
    }
    case 'refund':
      return {
        ...numbered(fields, kind),
        amount: amount(fields),
        notifyUrl: url(fields, 'notifyUrl'),
        refundOf: text(fields, 'originalOrderNo', 40),
      };
    case 'identity': {
      const found = identify({
        name: text(fields, 'name', 100),
        idCardNo: text(fields, 'idCardNo', 30),
        bankcardNo: text(fields, 'bankcardNo', 30),
        mobile: text(fields, 'mobile', 20),
      });
      return {
        ...numbered(fields, kind),
        amount: ZERO,
        ...('bankCode' in found ? { bankCode: found.bankCode } : { refusal: found }),
      };
    }
  }
}
