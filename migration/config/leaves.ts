import { z } from 'zod';

/** The leaves that several sections of the migration file share. Each takes its description: the reference page is made of them. */

/** Text that may not be empty. */
export const text = (description: string) => z.string().min(1).describe(description);

/** Text that no message, log or page may show. */
export const secret = (description: string) => z.string().min(1).meta({ description, secret: true });

/** The path of a local file; relative ones count from the folder of the migration file, and arrive here absolute. */
export const filePath = (description: string) => z.string().min(1).meta({ description, path: true });

/** The root of an HTTP service. */
export const endpoint = (description: string) =>
  z.url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:8000' }).describe(description);

/** `host:port`, with brackets around an IPv6 address. */
export const hostAndPort = (description: string) =>
  z
    .string()
    .regex(/^([\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}$/, { error: 'must be host:port, such as 127.0.0.1:9092' })
    .describe(description);

/** A whole number from 1. */
export const count = () => z.int().min(1);

/** A table name, or a glob (`*`, `?`) over them; 3 to 255 of `a-z A-Z 0-9 _ . -` (DynamoDB API: CreateTable). */
export const tableName = () =>
  z.string().regex(/^[A-Za-z0-9_.-]{3,255}$/, {
    error: 'must be a table name: 3 to 255 of the characters a-z A-Z 0-9 _ . -',
  });

/** Credentials of an AWS account; what is left out comes from the SDK's default chain. */
export const awsCredentials = (description: string) =>
  z
    .strictObject({
      accessKeyId: text('Access key id.').exactOptional(),
      secretAccessKey: secret('Secret access key.').exactOptional(),
      sessionToken: secret('Session token of temporary credentials.').exactOptional(),
      roleArn: text(
        'Role to assume, as an ARN; with the keys above, or those of the default chain.',
      ).exactOptional(),
      externalId: text('External id for assuming the role.').exactOptional(),
    })
    .describe(description);
