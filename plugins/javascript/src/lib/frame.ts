/** What stands before the first line of code, so that its lines stay as they are. */
export const BEFORE = 'async()=>{';

export const AFTER = '\n}';
