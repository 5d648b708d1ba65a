/** What an SDK client needs to talk to an endpoint on loopback: it signs, but nobody checks. One attempt: errors show. */
export const sdkOptions = (endpoint: string) => ({
  endpoint,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
});
