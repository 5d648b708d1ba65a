import { EC2Client } from '@aws-sdk/client-ec2';
import { type ClientOptions, clientConfig, instrumented } from './clients.ts';

/** Apart from the others: it is the largest client, and functions that never ask EC2 must not carry it. */
export const ec2Client = (options: ClientOptions = {}): EC2Client =>
  instrumented(new EC2Client(clientConfig(options)), options);
