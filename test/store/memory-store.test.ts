import { memoryStore } from '../../simulator/host/ports/memory-store.ts';
import { storeContract } from './contract.ts';

storeContract('memoryStore', () =>
  Promise.resolve({ store: memoryStore(), [Symbol.asyncDispose]: () => Promise.resolve() }),
);
