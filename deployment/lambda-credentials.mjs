import { fromEnv } from '@aws-sdk/credential-provider-env';

/** Stands in for the SDK's chain of credential providers, of which a Lambda function needs the first alone. */
export const defaultProvider = () => fromEnv();
