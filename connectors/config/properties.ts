const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f' };

const unescaped = (text: string) =>
  text.replace(
    /\\(?:u([\da-fA-F]{4})|(.))/gs,
    (_, code: string | undefined, character: string | undefined) =>
      code === undefined
        ? (escapes[character ?? ''] ?? character ?? '')
        : String.fromCharCode(Number.parseInt(code, 16)),
  );

/** Lines as the format counts them: without comments and blanks, continued ones (odd number of `\` at the end) joined. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open: string | null = null;
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.replace(/^[ \t\f]+/, '');
    if (open === null && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue;
    const whole: string = (open ?? '') + line;
    const backslashes = /\\*$/.exec(whole)?.[0].length ?? 0;
    if (backslashes % 2 === 1) open = whole.slice(0, -1);
    else {
      lines.push(whole);
      open = null;
    }
  }
  if (open !== null) lines.push(open);
  return lines;
}

/** Reads a `.properties` file as Java does (java.util.Properties: load); a later line of the same key wins. */
export function parseProperties(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const key = /^(?:\\.|[^\\=: \t\f])*/s.exec(line)?.[0] ?? '';
    const value = line.slice(key.length).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
    properties.set(unescaped(key), unescaped(value));
  }
  return properties;
}
