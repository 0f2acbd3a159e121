using System.Globalization;
using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>A message of the gateway as mosquitto_sub printed it.</summary>
/// <param name="Topic">Where it was published.</param>
/// <param name="IsRetained">Whether the broker had kept it.</param>
/// <param name="Payload">What it said.</param>
internal sealed record Published(string Topic, bool IsRetained, string Payload)
{
    /// <summary>The parts of its key, <c>plant1-17-000123</c>; null if it is no reading.</summary>
    public (int Boot, long Sequence)? Id { get; } = FindId(Payload);

    /// <summary>When it was acquired; of readings only.</summary>
    public DateTimeOffset Time => DateTimeOffset.Parse(Text("time"), CultureInfo.InvariantCulture);

    /// <summary>The value as it stands in the JSON.</summary>
    public string Value => Member("value").GetRawText();

    /// <summary>Every message that a subscriber has received, in order.</summary>
    public static IReadOnlyList<Published> From(MosquittoSubscriber subscriber) => [.. subscriber.Messages.Select(Parse)];

    /// <summary>The readings that a subscriber has received, in order; not those of before a restart, which a broker kept.</summary>
    public static IReadOnlyList<Published> ReadingsFrom(MosquittoSubscriber subscriber) =>
        [.. From(subscriber).Where(p => p.Id is not null && !p.Payload.Contains("\"reason\":\"restart\"", StringComparison.Ordinal))];

    /// <summary>Nothing with a value came without the key by which it is known when it comes again.</summary>
    public static void AssertHaveKeys(MosquittoSubscriber subscriber) =>
        Assert.DoesNotContain(From(subscriber), message => message.Id is null && message.Payload.Contains("\"value", StringComparison.Ordinal));

    /// <summary>A text of the JSON.</summary>
    public string Text(string name) => Member(name).GetString()!;

    /// <summary>Whether the JSON has a member.</summary>
    public bool Has(string name) => Parse().TryGetProperty(name, out _);

    /// <summary>Reads a line of <see cref="MosquittoSubscriber.Messages"/>.</summary>
    public static Published Parse(string line)
    {
        var parts = line.Split(' ', 4);
        return new Published(parts[0], parts[1] == "1", parts[3]);
    }

    private static (int Boot, long Sequence)? FindId(string payload)
    {
        var key = payload.IndexOf("\"id\":\"plant1-", StringComparison.Ordinal);
        if (key < 0)
        {
            return null;
        }

        var parts = payload[key..].Split('"')[3].Split('-');
        return (int.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    private JsonElement Member(string name) => Parse().GetProperty(name);

    private JsonElement Parse() => JsonElement.Parse(Payload);
}
