/** PLATFORM_TERMS_SET: an operator changes how long a platform's NORMAL withdrawals wait before they are sent. Those that wait are sent when they were. */
import { Defect } from '../../runtime/failure.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';

export const platformTermsSet: Operation<'PLATFORM_TERMS_SET'> = {
  reads: () => ({}),

  decide({ act: { withdrawDelayMinutes } }, book) {
    if (book.platform === undefined) throw new Defect('terms of a platform that is not open');
    const { withdrawDelayMinutes: _, ...platform } = book.platform;
    const after = withdrawDelayMinutes === 0 ? platform : { ...platform, withdrawDelayMinutes };
    return decided({ answer: success(), changes: { platform: after } });
  },
};
