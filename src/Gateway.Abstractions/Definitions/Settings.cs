using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Abstractions.Definitions;

/// <summary>
/// The keys of one section after validation: each value has the type that its <see cref="Schema.KeySchema"/> names,
/// and a key that the person left out has its default, if there is one. Immutable.
/// </summary>
public sealed class Settings
{
    private readonly IReadOnlyDictionary<string, object> _values;
    private readonly IReadOnlyDictionary<string, SourceLocation> _locations;

    /// <param name="values">Key → value: string, long, decimal, bool, TimeSpan, <see cref="SourceFile"/>, <see cref="Settings"/>, a list of those or of string, or a map from string to string or <see cref="Settings"/>.</param>
    /// <param name="locations">Key → where its value stands; a defaulted key has none.</param>
    /// <param name="location">Where the section begins.</param>
    public Settings(IReadOnlyDictionary<string, object> values, IReadOnlyDictionary<string, SourceLocation> locations, SourceLocation location)
    {
        _values = values;
        _locations = locations;
        Location = location;
    }

    /// <summary>Where the section begins.</summary>
    public SourceLocation Location { get; }

    /// <summary>The keys that have a value, written or defaulted.</summary>
    public IEnumerable<string> Keys => _values.Keys;

    /// <summary>The keys of which something is wrong that the person wrote for them, or for a key that is probably meant to be them; it has been reported.</summary>
    internal IReadOnlySet<string> FaultyKeys { get; init; } = ImmutableHashSet<string>.Empty;

    /// <summary>Whether the person wrote the key.</summary>
    public bool IsWritten(string key) => _locations.ContainsKey(key);

    /// <summary>Where the key's value stands; the section itself if the key is defaulted or absent.</summary>
    public SourceLocation Locate(string key) => _locations.TryGetValue(key, out var location) ? location : Location;

    /// <summary>The value of a key that is required or has a default. Throws <see cref="KeyNotFoundException"/> otherwise.</summary>
    /// <typeparam name="T">The type that the schema gives the key.</typeparam>
    public T Get<T>(string key) => (T)_values[key];

    /// <summary>The value of an optional key.</summary>
    /// <typeparam name="T">The type that the schema gives the key.</typeparam>
    public bool TryGet<T>(string key, [MaybeNullWhen(false)] out T value)
    {
        if (_values.TryGetValue(key, out var found))
        {
            value = (T)found;
            return true;
        }

        value = default;
        return false;
    }
}
