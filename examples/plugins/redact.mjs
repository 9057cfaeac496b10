/**
 * `Redact`: puts one word in the place of texts that nobody behind the topic may read.
 *
 *     transforms=hide
 *     transforms.hide.type=Redact
 *     transforms.hide.fields=email,phone
 *
 * @param {import('messina-connect/plugin-kit').PluginKit} kit
 */
export default ({ z, Item, transformPlugin }) => ({
  transforms: [
    transformPlugin({
      name: 'Redact',
      className: null,
      summary: 'Puts one word in the place of texts.',
      options: z.strictObject({
        fields: z
          .array(z.string().min(1))
          .min(1)
          .describe('Attributes whose texts are hidden, with commas between.'),
        replacement: z.string().min(1).default('[redacted]').describe('What stands there instead.'),
      }),
      make: ({ fields, replacement }) => ({
        // Another order of the fields means the same: nothing has to be written again for it.
        meaning: JSON.stringify([[...new Set(fields)].sort(), replacement]),
        change(item) {
          const hidden = fields.filter((name) => isText(item.attributes.get(name)));
          if (hidden.length === 0) return item;
          // Items are shared: a copy is changed.
          const attributes = new Map(item.attributes);
          for (const name of hidden) attributes.set(name, { S: replacement });
          return Item.fromAttributes(attributes);
        },
        // Asked before the first record: a transform that touches a key attribute is refused.
        touches: (attribute) => (fields.includes(attribute) ? { option: 'fields', does: 'hides' } : null),
      }),
    }),
  ],
});

/** @param {import('messina-connect/values').AttributeValue | undefined} value */
const isText = (value) => value !== undefined && 'S' in value;
