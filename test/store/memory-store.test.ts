import { memoryStore } from '../support/memory-store.ts';
import { storeContract } from './contract.ts';

storeContract('memoryStore', () =>
  Promise.resolve({ store: memoryStore(), [Symbol.asyncDispose]: () => Promise.resolve() }),
);
