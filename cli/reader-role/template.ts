import { EXTERNAL_ID, ROLE_ARN } from '../../core/config/config.ts';

/** The parameters whose values are known already: they are defaults, which each deployment may override. */
export interface ReaderRole {
  /** ARNs; none: each deployment has to say. */
  readonly auditors: readonly string[];
  readonly externalId: string;
  readonly roleName: string;
  /** It may read roles too, as `enrich.iamRoles` has it. */
  readonly readsRoles: boolean;
  /** It may tell Security Hub, as `securityHub` has it. */
  readonly tellsSecurityHub: boolean;
}

/** IAM's own rule. */
export const ROLE_NAME = /^[\w+=,.@-]{1,64}$/;

/** CloudFormation takes a pattern as Java does, and holds it against the whole value. */
const patternOf = ({ source }: RegExp): string => source.replaceAll(String.raw`\/`, '/');

/**
 * Makes the template of the role by which an auditor of another account reads. It names no account, so that a StackSet
 * deploys it to any; IAM is in no region, so one region is enough.
 */
export const readerRoleTemplate = ({ auditors, externalId, roleName, readsRoles, tellsSecurityHub }: ReaderRole) => ({
  AWSTemplateFormatVersion: '2010-09-09',
  Description: 'Lets the FinSpace user auditor of another account list the users of the FinSpace environments here',
  Parameters: {
    AuditorRoleArns: {
      Type: 'CommaDelimitedList',
      Description:
        'The roles that may assume this one: RoleArn of each stack of the auditor. They must be there already',
      AllowedPattern: patternOf(ROLE_ARN),
      ...(auditors.length > 0 && { Default: auditors.join(',') }),
    },
    ExternalId: {
      Type: 'String',
      Description: 'externalId of the environments in audit.yaml',
      AllowedPattern: patternOf(EXTERNAL_ID),
      Default: externalId,
    },
    RoleName: {
      Type: 'String',
      Description: 'Of the role; assumeRoleArn in audit.yaml names it',
      AllowedPattern: patternOf(ROLE_NAME),
      Default: roleName,
    },
    EnvironmentRegion: {
      Type: 'String',
      Description: 'The region of the environments; * for those of every region',
      AllowedPattern: String.raw`^(\*|[a-z]{2}(-[a-z]+)+-\d)$`,
      Default: '*',
    },
    ReadRoles: {
      Type: 'String',
      Description: 'yes where enrich.iamRoles is set for an environment here, or asks this account',
      AllowedValues: ['no', 'yes'],
      Default: readsRoles ? 'yes' : 'no',
    },
    TellSecurityHub: {
      Type: 'String',
      Description: 'yes where securityHub is set, and its account is environment',
      AllowedValues: ['no', 'yes'],
      Default: tellsSecurityHub ? 'yes' : 'no',
    },
  },
  Conditions: {
    ReadsRoles: { 'Fn::Equals': [{ Ref: 'ReadRoles' }, 'yes'] },
    TellsSecurityHub: { 'Fn::Equals': [{ Ref: 'TellSecurityHub' }, 'yes'] },
  },
  Resources: {
    Reader: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: { Ref: 'RoleName' },
        Description: 'Read by the FinSpace user auditor; stands as principal of a FinSpace user',
        MaxSessionDuration: 3600,
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: 'sts:AssumeRole',
              Principal: { AWS: { Ref: 'AuditorRoleArns' } },
              Condition: { StringEquals: { 'sts:ExternalId': { Ref: 'ExternalId' } } },
            },
          ],
        },
        Policies: [
          {
            PolicyName: 'FinSpaceCredentials',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [
                {
                  Effect: 'Allow',
                  Action: 'finspace-api:GetProgrammaticAccessCredentials',
                  Resource: {
                    'Fn::Sub':
                      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own, not JavaScript's
                      'arn:${AWS::Partition}:finspace-api:${EnvironmentRegion}:${AWS::AccountId}:/credentials/programmatic',
                  },
                },
              ],
            },
          },
        ],
      },
    },
    Roles: {
      Type: 'AWS::IAM::RolePolicy',
      Condition: 'ReadsRoles',
      Properties: {
        RoleName: { Ref: 'Reader' },
        PolicyName: 'Roles',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: 'iam:GetRole',
              // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own, not JavaScript's
              Resource: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*' },
            },
          ],
        },
      },
    },
    SecurityHub: {
      Type: 'AWS::IAM::RolePolicy',
      Condition: 'TellsSecurityHub',
      Properties: {
        RoleName: { Ref: 'Reader' },
        PolicyName: 'SecurityHub',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: 'securityhub:BatchImportFindings',
              Resource: {
                'Fn::Sub':
                  // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own, not JavaScript's
                  'arn:${AWS::Partition}:securityhub:${EnvironmentRegion}:${AWS::AccountId}:product/${AWS::AccountId}/default',
              },
            },
            {
              Effect: 'Allow',
              Action: 'securityhub:DescribeHub',
              Resource: {
                'Fn::Sub':
                  // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own, not JavaScript's
                  'arn:${AWS::Partition}:securityhub:${EnvironmentRegion}:${AWS::AccountId}:hub/default',
              },
            },
          ],
        },
      },
    },
  },
  Outputs: {
    RoleArn: {
      Description: 'assumeRoleArn of the environments in audit.yaml, and the IAM Principal ARN of the FinSpace user',
      Value: { 'Fn::GetAtt': ['Reader', 'Arn'] },
    },
  },
});
