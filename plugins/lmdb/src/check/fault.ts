/** Something in the file is not as LMDB has written it. The message says what, as the end of "found that …". */
export class Fault extends Error {
  override readonly name = 'Fault';
}
