function decodeUplink(input) {
  const x = input.bytes.map(b => b);
  return { data: { x: x } };
}
