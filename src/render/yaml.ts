/** YAML of a document, as kubectl prints it. The library is loaded only where it is asked for. */

/** Without a final line feed. Values that YAML would take for something else than text are quoted. */
export async function yaml(document: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(document, { version: '1.1', lineWidth: 0 }).trimEnd();
}
