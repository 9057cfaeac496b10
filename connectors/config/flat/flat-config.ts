/** All keys and values are texts, placeholders such as `${env:NAME}` unresolved: they are resolved where a task starts. */
export type FlatConfig = Readonly<Record<string, string>>;
