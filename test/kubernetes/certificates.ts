/** A certificate authority for one test: made by openssl, gone with its directory. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../fabric/exec.js';

/** Paths of a certificate and its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

interface Wanted {
  /** File name, and common name unless told. */
  readonly name: string;
  readonly user?: string;
  /** What Kubernetes takes for the groups of the user. */
  readonly group?: string;
  /** As a server at these addresses. */
  readonly addresses?: readonly string[];
  /** It ended yesterday. */
  readonly expired?: boolean;
}

/** Signs certificates. */
export interface Authority extends Certificate {
  issue(wanted: Wanted): Promise<Certificate>;
}

/** Makes an authority in a directory. */
export async function createAuthority(dir: string, name = 'ca'): Promise<Authority> {
  const key = await makeKey(dir, name);
  const cert = join(dir, `${name}.crt`);
  const use = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-days', '2'];
  await must('openssl', ['req', '-x509', '-new', '-key', key, '-subj', `/CN=${name}`, '-out', cert, ...use]);
  return {
    ...{ cert, key },
    async issue({ name: file, user = file, group, addresses = [], expired = false }) {
      const own = await makeKey(dir, file);
      const path = (kind: string): string => join(dir, `${file}.${kind}`);
      const subject = `${group === undefined ? '' : `/O=${group}`}/CN=${user}`;
      await must('openssl', ['req', '-new', '-key', own, '-subj', subject, '-out', path('csr')]);
      const names = addresses.map((address) => `IP:${address}`).join(',');
      writeFileSync(path('ext'), names === '' ? 'extendedKeyUsage=clientAuth\n' : `subjectAltName=${names}\n`);
      // Each with a list of its own, so that several can be issued at once.
      writeFileSync(path('index'), '');
      writeFileSync(
        path('cnf'),
        `[own]\ndatabase=${path('index')}\nnew_certs_dir=${dir}\nserial=${path('serial')}\ndefault_md=sha256\n[any]\n`,
      );
      writeFileSync(path('serial'), `${randomBytes(8).toString('hex')}\n`);
      const [from, to] = expired ? [-2, -1] : [-1, 1];
      await must('openssl', [
        ...['ca', '-batch', '-notext', '-config', path('cnf'), '-name', 'own', '-policy', 'any'],
        ...['-cert', cert, '-keyfile', key, '-in', path('csr'), '-out', path('crt'), '-extfile', path('ext')],
        ...['-startdate', stamp(from), '-enddate', stamp(to), '-preserveDN'],
      ]);
      return { cert: path('crt'), key: own };
    },
  };
}

async function makeKey(dir: string, name: string): Promise<string> {
  const path = join(dir, `${name}.key`);
  await must('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', path]);
  return path;
}

/** `YYYYMMDDHHMMSSZ`, this many days from now. */
function stamp(days: number): string {
  const date = new Date(Date.now() + days * 86_400_000);
  return `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
}
