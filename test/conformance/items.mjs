/** Joins what an item has under `S`, and filters items with an attribute `Item`. */
export default (item, { table }) => {
  if (Object.hasOwn(item, 'Item')) return null;
  const types = Object.keys(item.S ?? {});
  return { ...item, joined: { S: `${table} ${types.join()}` }, types: { L: types.map((S) => ({ S })) } };
};
