import { Command } from 'commander';
import type { ClientOptions } from '../lib/compose-cli.ts';

/** Which account is meant, as the AWS CLI takes it. */
export interface AccountOptions {
  readonly profile?: string;
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly json?: boolean;
}

/** Of what a command of its own kind says besides its exit codes. */
const exitCodes = `Exit codes:
  0  done
  1  done in part, or an error in Berth
  2  a mistake in what was asked
  3  AWS refused, or cannot be reached`;

/** A command that looks at an AWS account: its options, its exit codes, its examples. */
export const accountCommand = (name: string, description: string, examples: readonly string[]): Command =>
  new Command(name)
    .description(description)
    .showHelpAfterError('(--help shows the options, with examples)')
    .option('--json', 'print JSON')
    .optionsGroup('AWS account:')
    .option('--profile <name>', 'profile of the AWS configuration files (or AWS_PROFILE)')
    .option('--region <region>', "AWS region (or AWS_REGION, AWS_DEFAULT_REGION, the profile's)")
    .option('--endpoint-url <url>', 'address of another AWS, such as a local one (or AWS_ENDPOINT_URL)')
    .optionsGroup('Options:')
    .addHelpText('after', ['', exitCodes, '', 'Examples:', ...examples.map((it) => `  $ npx berth ${it}`)].join('\n'));

/** The AWS CLI's variables, which the SDK does not read all; an empty one is none. */
const variable = (...names: readonly string[]): string | undefined =>
  names.map((it) => process.env[it]).find((it) => it !== undefined && it !== '');

/**
 * One address for all services, unless some have their own. Given to the clients, it is where queues are asked for as
 * well: left to the SDK, they are looked for at the host in their URL.
 */
const sharedEndpoint = (): string | undefined =>
  Object.keys(process.env).some((it) => it.startsWith('AWS_ENDPOINT_URL_')) ? undefined : variable('AWS_ENDPOINT_URL');

/**
 * Credentials, and what is not given here, the SDK finds as the AWS CLI does: variables, profiles, SSO, instance roles. A
 * profile that is named beats credentials in the environment, as in the AWS CLI: the SDK is not shown both.
 */
export const clientOptionsOf = ({ profile, region, endpointUrl }: AccountOptions): ClientOptions => {
  if (profile !== undefined)
    for (const it of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
      Reflect.deleteProperty(process.env, it);
  const where = region ?? variable('AWS_REGION', 'AWS_DEFAULT_REGION');
  const who = profile ?? variable('AWS_PROFILE', 'AWS_DEFAULT_PROFILE');
  const endpoint = endpointUrl ?? sharedEndpoint();
  return {
    config: {
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(where === undefined ? {} : { region: where }),
      ...(who === undefined ? {} : { profile: who }),
    },
  };
};
