namespace Gateway.Storage.Points;

/// <summary>Which value of which point.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="Point">The point's name.</param>
/// <param name="Key">Which of the point's values.</param>
internal readonly record struct PointKey(string Device, string Point, string Key);

/// <summary>A value as the file has it.</summary>
/// <param name="Key">Whose.</param>
/// <param name="Value">The value.</param>
internal readonly record struct PointRow(PointKey Key, decimal Value);
