/** The members of a user, in the order in which `--output text` has them. */
export const COLUMNS = [
  'apiAccess',
  'apiAccessPrincipalArn',
  'createTime',
  'emailAddress',
  'firstName',
  'lastDisabledTime',
  'lastEnabledTime',
  'lastLoginTime',
  'lastModifiedTime',
  'lastName',
  'status',
  'type',
  'userId',
] as const;

export const isColumn = (name: string): boolean => COLUMNS.some((column) => column === name);
