/** Names of files that usually bear secrets; the built-in default grant leaves them out. */
const SECRET_NAMES = new Set(
  '.env .env~ .envrc .netrc _netrc .npmrc .pypirc .git-credentials .htpasswd .pgpass .my.cnf .dockercfg .vault-token id_rsa id_rsa_sk id_dsa id_dsa_sk id_ecdsa id_ecdsa_sk id_ed25519 id_ed25519_sk'.split(' '),
);
/** Of names with something before them. */
const SECRET_ENDINGS = new Set('env pem key p12 pfx jks keystore kdbx ppk asc gpg'.split(' '));
const PUBLIC_NAME = /^\.env\.(example|sample|template|dist|schema)$|^(example|sample|template|dist|schema)\.env$|\.pub$/i;
const SECRET_FOLDER = /^(\.ssh|\.gnupg|\.aws|\.azure|\.kube|\.password-store)$/i;
const SECRET_PATH = /\/(\.git\/((modules|worktrees)\/.+\/)?config(\.worktree)?|\.docker\/config\.json|\.cargo\/credentials(\.toml)?)$/i;

/** Whether a file at this absolute path usually bears secrets, by its name and the folders it lies in. Mostly it takes no regular expression to say no. */
export function isSecretBearing(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (isSecretName(name.toLowerCase()) && !PUBLIC_NAME.test(name)) return true;
  return (path.includes('/.') || path.startsWith('.')) && (SECRET_PATH.test(path) || path.split('/').some((segment) => SECRET_FOLDER.test(segment)));
}

function isSecretName(name: string): boolean {
  const dot = name.lastIndexOf('.');
  return SECRET_NAMES.has(name) || (name.startsWith('.env.') && name !== '.env.') || (dot > 0 && SECRET_ENDINGS.has(name.slice(dot + 1)));
}
