function decodeUplink(input) {
  const x = input.bytes.map(b => );
  return { data: { x } };
}
