import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';

// The mini build has no wording of its own: every message would be "Invalid input". Imported by what reads other people's
// input; the deciding function, which has to be small, reads only what Berth itself has written.
z.config(en());
