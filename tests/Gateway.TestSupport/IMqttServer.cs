namespace Gateway.TestSupport;

/// <summary>An MQTT server that is not ours, started by a test; it ends when it is disposed.</summary>
public interface IMqttServer : IAsyncDisposable
{
    /// <summary>Name and version, for the test's output.</summary>
    string Name { get; }

    /// <summary>Its plain TCP listener.</summary>
    Uri Uri { get; }
}
