/** Whether a text names a file in a folder, and leads nowhere else. */
export function isFileName(name: string): boolean {
  return /^[^/\0]{1,255}$/.test(name) && name !== '.' && name !== '..';
}
