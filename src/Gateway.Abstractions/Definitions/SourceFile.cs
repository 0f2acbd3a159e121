namespace Gateway.Abstractions.Definitions;

/// <summary>A text file that a map names, with what it says. Immutable.</summary>
/// <param name="Path">The file, as errors name it.</param>
/// <param name="Text">What it says.</param>
/// <param name="Companion">The file beside it that <see cref="Schema.KeySchema.Companion"/> asks for; null if there is none.</param>
public sealed record SourceFile(string Path, string Text, SourceFile? Companion);
