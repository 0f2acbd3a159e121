function decodeUplink(input) {
  if (input.bytes.length === 0) {
    throw new Error("nothing came");
  }
  return { data: { x: input.bytes[0] } };
}
