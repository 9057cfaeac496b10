/** What every Java command line begins with: a small heap and few threads, for several services on one laptop. */
export function javaOptions(heapMegabytes: number, directory: string): string[] {
  return [
    '-Xms32m',
    `-Xmx${heapMegabytes}m`,
    '-XX:+UseSerialGC',
    '-XX:-UsePerfData',
    '-Xshare:auto',
    '-Djava.awt.headless=true',
    // Native libraries are unpacked there, and stay behind when the service is killed.
    `-Djava.io.tmpdir=${directory}`,
  ];
}
