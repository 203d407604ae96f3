/** How the full command line ended; oclif gives commands and hooks no other way to hand it on. */
export const ending = { code: 0 };
