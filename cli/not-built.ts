import { type Command, Option } from 'commander';
import { UsageError } from './exit.ts';

/** Commands that the interface has and this version has not. The list only shrinks. */
export const notBuiltCommands: readonly string[] = ['cutover'];

interface NotBuiltFlag {
  readonly flags: string;
  /** Values that are built, and so allowed. */
  readonly allowed?: readonly string[];
}

/** Flags of commands that the interface has and this version has not. The list only shrinks. */
const notBuiltFlags: Readonly<Record<string, readonly NotBuiltFlag[]>> = {
  migrate: [{ flags: '--dashboard <address>', allowed: ['off'] }],
};

const remedy = 'Leave it out; the documentation says what this version has.';

/** Adds the commands that are refused by name. They are not listed: `--help` lists what there is. */
export function addNotBuiltCommands(program: Command): void {
  for (const name of notBuiltCommands) {
    program
      .command(name, { hidden: true })
      .helpOption(false)
      .allowUnknownOption()
      .argument('[args...]')
      .action(() => {
        throw new UsageError(
          `messina ${name} is not in this version`,
          'See `messina --help` for what there is.',
        );
      });
  }
  program.addHelpText('after', `\nNot in this version: ${notBuiltCommands.join(', ')}`);
}

/** Adds the flags of a command that are refused by name before it does anything. */
export function addNotBuiltFlags(command: Command): Command {
  const flags = notBuiltFlags[command.name()] ?? [];
  if (flags.length === 0) return command;
  const options = flags.map(({ flags: syntax }) => new Option(syntax).hideHelp());
  for (const option of options) command.addOption(option);
  command.hook('preAction', () => {
    options.forEach((option, index) => {
      const value: unknown = command.getOptionValue(option.attributeName());
      if (value === undefined || flags[index]?.allowed?.includes(String(value))) return;
      const given = option.required ? `${option.long} ${String(value)}` : option.long;
      throw new UsageError(`messina ${command.name()} ${given} is not in this version`, remedy);
    });
  });
  return command.addHelpText('after', `\nNot in this version: ${options.map(({ long }) => long).join(', ')}`);
}
