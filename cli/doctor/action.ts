import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { awsClient } from '../../core/aws/clients.ts';
import { callerCredentials } from '../../core/aws/credentials.ts';
import { diagnosticClients } from '../../core/doctor/clients.ts';
import { deploymentChecks } from '../../core/doctor/deployment.ts';
import { doctor as diagnose } from '../../core/doctor/doctor.ts';
import { systemClock } from '../../core/model/clock.ts';
import { isEndpointGiven } from '../../core/sources/finspace/endpoint.ts';
import { openRoster } from '../../core/sources/roster/open.ts';
import { openArchive, regionOrProfiles } from '../arguments/archive-options.ts';
import { endpointOf } from '../arguments/audit-flags.ts';
import { readAuditConfig, readStacks } from '../arguments/config-files.ts';
import { rosterClient, rosterOf } from '../arguments/roster-options.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { type DoctorFlags, readDoctorFlags } from './options.ts';
import { checksText, summaryText } from './view.ts';

/** `doctor`: checks whether an audit could be made. Throws UsageError and ConfigError before anything is checked. */
export const doctor = async (flags: DoctorFlags, io: Io): Promise<ExitCode> => {
  const options = readDoctorFlags(flags, io.env);
  const { location, configFile, credentials } = options;
  const region = await regionOrProfiles(options.region);
  const { config } = readAuditConfig(options, systemClock.now());
  const given = configFile === undefined ? undefined : config;

  const { keepers, ...clients } = await diagnosticClients({ region });
  const isStandIn = (io.env.AWS_ENDPOINT_URL_S3 ?? io.env.AWS_ENDPOINT_URL) !== undefined;

  const saved = rosterOf(options, config, options.environmentId);
  const deployment =
    given === undefined
      ? undefined
      : deploymentChecks({
          cloudwatch: awsClient(CloudWatchClient, { region }),
          lambda: awsClient(LambdaClient, { region }),
          config: given,
          stacks: readStacks(),
          environmentId: options.environmentId,
          alarmTopicArn: options.alarmTopicArn,
        });
  const diagnosis = await diagnose({
    ...options,
    deployment,
    openRoster:
      saved &&
      (() =>
        openRoster({
          ...saved,
          environmentId: options.environmentId,
          s3: rosterClient(io.env, region),
          now: systemClock.now(),
        })),
    region,
    endpoint: endpointOf(region, io.env),
    isEndpointGiven: isEndpointGiven(io.env),
    mode: credentials ?? config.credentials,
    enrich: config.environments.find(({ id }) => id === options.environmentId)?.enrich,
    loadCredentials: callerCredentials(),
    location:
      location.kind === 'folder' ? { folder: location.path } : { bucket: await openArchive(location, io.env, region) },
    securityHub: given?.securityHub && 'function',
    recipients: given?.alerts,
    expected: given?.schedule,
    // Which function the stack has is not known here.
    functionArn: undefined,
    clock: systemClock,
    homeRegion: region,
    ...clients,
    keeping: location.kind === 'folder' ? undefined : { ...keepers(isStandIn), bucket: location.name, config: given },
  });

  const { checks } = diagnosis;
  if (flags.json) writeJson(io.out, diagnosis);
  else {
    io.out.write(checksText(io.out, checks));
    io.out.line();
    io.out.line(`environment ${options.environmentId}: ${summaryText(checks)}`);
  }
  return checks.some(({ outcome }) => outcome === 'fail') ? EXIT.problems : EXIT.ok;
};
