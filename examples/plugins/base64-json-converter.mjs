/**
 * `Base64JsonConverter`: records as JSON in Base64, for whatever stands between and takes plain ASCII alone.
 *
 *     value.converter=Base64JsonConverter
 *
 * @param {import('messina-connect/plugin-kit').PluginKit} kit
 */
export default ({ ConnectError, jsonConverter }) => {
  /** @param {Buffer} bytes */
  const packed = (bytes) => Buffer.from(bytes.toString('base64'), 'latin1');

  /** @param {Buffer} bytes */
  const unpacked = (bytes) => {
    const plain = Buffer.from(bytes.toString('latin1'), 'base64');
    // Node reads over what is no Base64; nobody else's bytes may pass for a record.
    if (packed(plain).equals(bytes)) return plain;
    throw new ConnectError('RECORD_UNDECODABLE', 'It is not in Base64');
  };

  /** @type {import('messina-connect/connector').Converter} */
  const base64JsonConverter = {
    name: 'Base64JsonConverter',
    summary: 'Records as JSON in Base64.',
    encode(record) {
      const { key, value, timestampMs } = jsonConverter.encode(record);
      return { key: packed(key), value: packed(value), timestampMs };
    },
    decode: ({ key, value, timestampMs }) =>
      jsonConverter.decode({ key: unpacked(key), value: unpacked(value), timestampMs }),
  };
  return { converters: [base64JsonConverter] };
};
