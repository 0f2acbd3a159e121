namespace Gateway.Abstractions.Definitions;

/// <summary>Something that a point needs for itself, and that no other bus may have: a line of a chip. Immutable.</summary>
/// <param name="Name">What people call it, the same whichever way a map names it: <c>line 17 of gpiochip0</c>.</param>
/// <param name="Point">Whose it is.</param>
/// <param name="Location">Where the map says so.</param>
public sealed record BusClaim(string Name, PointDefinition Point, SourceLocation Location);
