/** What a process ends with that was in the middle of a command: Node.js ends with success when nothing is left to wait for, which would be a silent lie. */
export const UNFINISHED = 70;
