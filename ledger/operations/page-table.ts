/** The page services, each with its operation. Closed: a page service that is opened does not compile until it is here. */
import type { PageService } from '../../contract/services.ts';
import { checkPassword } from './check-password.ts';
import type { PageOperation } from './pages.ts';
import { personalRegisterExpand } from './personal-register-expand.ts';
import { recharge } from './recharge.ts';
import { resetPassword } from './reset-password.ts';
import { userAuthorization } from './user-authorization.ts';
import { userPreTransaction } from './user-pre-transaction.ts';
import { verifyDeduct } from './verify-deduct.ts';
import { withdraw } from './withdraw.ts';

export const pageTable: { readonly [S in PageService]: PageOperation<S> } = {
  PERSONAL_REGISTER_EXPAND: personalRegisterExpand,
  RESET_PASSWORD: resetPassword,
  CHECK_PASSWORD: checkPassword,
  USER_AUTHORIZATION: userAuthorization,
  RECHARGE: recharge,
  WITHDRAW: withdraw,
  VERIFY_DEDUCT: verifyDeduct,
  USER_PRE_TRANSACTION: userPreTransaction,
};
