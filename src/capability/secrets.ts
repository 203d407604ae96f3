/** Names of files that usually bear secrets; the built-in default grant leaves them out. */
const SECRET_NAME =
  /^(\.env(\..+|~)?|.+\.env|\.envrc|[._]netrc|\.npmrc|\.pypirc|\.git-credentials|\.htpasswd|\.pgpass|\.my\.cnf|\.dockercfg|\.vault-token|id_(rsa|dsa|ecdsa|ed25519)(_sk)?|.+\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|asc|gpg))$/i;
const PUBLIC_NAME = /^\.env\.(example|sample|template|dist|schema)$|^(example|sample|template|dist|schema)\.env$|\.pub$/i;
const SECRET_FOLDER = /^(\.ssh|\.gnupg|\.aws|\.azure|\.kube|\.password-store)$/i;
const SECRET_PATH = /\/(\.git\/((modules|worktrees)\/.+\/)?config(\.worktree)?|\.docker\/config\.json|\.cargo\/credentials(\.toml)?)$/i;

/** Whether a file at this absolute path usually bears secrets, by its name and the folders it lies in. */
export function isSecretBearing(path: string): boolean {
  const segments = path.split('/');
  const name = segments.pop() ?? '';
  if (SECRET_NAME.test(name) && !PUBLIC_NAME.test(name)) return true;
  return SECRET_PATH.test(path) || SECRET_FOLDER.test(name) || segments.some((segment) => SECRET_FOLDER.test(segment));
}
