function decode(bytes) {
  return {};
}
