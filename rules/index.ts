import apiAccessGranted from './api-access-granted.ts';
import apiAccessWithoutPrincipal from './api-access-without-principal.ts';
import disabledUserApiAccess from './disabled-user-api-access.ts';
import duplicatePerson from './duplicate-person.ts';
import effectiveSuperUser from './effective-super-user.ts';
import emailDomain from './email-domain.ts';
import endOfSupport from './end-of-support.ts';
import type { Rule } from './engine/rule.ts';
import idlePrincipal from './idle-principal.ts';
import inconsistentTimestamps from './inconsistent-timestamps.ts';
import leftoverPrincipal from './leftover-principal.ts';
import longDisabled from './long-disabled.ts';
import neverLoggedIn from './never-logged-in.ts';
import newSuperUser from './new-super-user.ts';
import principalChanged from './principal-changed.ts';
import principalMissing from './principal-missing.ts';
import principalNotARole from './principal-not-a-role.ts';
import principalOutsideAccount from './principal-outside-account.ts';
import principalTrustsOutsiders from './principal-trusts-outsiders.ts';
import promotedToSuperUser from './promoted-to-super-user.ts';
import reEnabled from './re-enabled.ts';
import recreatedPrincipal from './recreated-principal.ts';
import selfServiceCredentials from './self-service-credentials.ts';
import sharedMailbox from './shared-mailbox.ts';
import sharedPrincipal from './shared-principal.ts';
import staleLogin from './stale-login.ts';
import stuckCreating from './stuck-creating.ts';
import superUserApiAccess from './super-user-api-access.ts';
import tooFewSuperUsers from './too-few-super-users.ts';
import tooManySuperUsers from './too-many-super-users.ts';
import unrecognisedValue from './unrecognised-value.ts';
import vanishedUser from './vanished-user.ts';

/** The catalogue: what each run judges by, in the order in which reports list it. */
export const rules: readonly Rule[] = [
  // On one user.
  superUserApiAccess,
  staleLogin,
  neverLoggedIn,
  principalOutsideAccount,
  principalNotARole,
  apiAccessWithoutPrincipal,
  leftoverPrincipal,
  disabledUserApiAccess,
  stuckCreating,
  emailDomain,
  sharedMailbox,
  longDisabled,
  inconsistentTimestamps,
  unrecognisedValue,
  // On the whole directory.
  sharedPrincipal,
  tooManySuperUsers,
  tooFewSuperUsers,
  duplicatePerson,
  // On what changed since the last complete run.
  promotedToSuperUser,
  newSuperUser,
  apiAccessGranted,
  principalChanged,
  reEnabled,
  vanishedUser,
  // On what the listing does not hold.
  effectiveSuperUser,
  selfServiceCredentials,
  principalMissing,
  principalTrustsOutsiders,
  idlePrincipal,
  recreatedPrincipal,
  endOfSupport,
];
