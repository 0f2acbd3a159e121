namespace Gateway.Mqtt.Session;

/// <summary>The Topic Aliases that the client chose on one connection: the first topics it sends get them, and keep them. MQTT 5.0 §3.3.2.3.4.</summary>
/// <param name="maximum">What the client wants and the server allows; 0: none.</param>
internal sealed class OutgoingAliases(ushort maximum)
{
    private readonly Dictionary<string, ushort> _aliases = new(StringComparer.Ordinal);

    /// <summary>The alias of a topic; 0: it has none.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="isKnown">The server knows it already, so that the topic can be left out.</param>
    public ushort Find(string topic, out bool isKnown)
    {
        isKnown = false;
        if (maximum == 0)
        {
            return 0;
        }

        isKnown = _aliases.TryGetValue(topic, out var alias);
        return isKnown ? alias : _aliases.Count < maximum ? (ushort)(_aliases.Count + 1) : (ushort)0;
    }

    /// <summary>The topic was sent with the alias that <see cref="Find"/> gave for it.</summary>
    public void Introduced(string topic, ushort alias) => _aliases.Add(topic, alias);
}
