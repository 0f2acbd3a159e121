namespace Gateway.Hosting;

/// <summary>What somebody who begins has said, on the page or to <c>gateway init</c>. Immutable.</summary>
internal sealed record FirstAnswers
{
    /// <summary>The first level of all topics. Default: the host name.</summary>
    public string Site { get; init; } = Environment.MachineName;

    /// <summary>The upstream broker; null: the local one is all there is.</summary>
    public FirstUplink? Uplink { get; init; }

    /// <summary>The first bus and what hangs on it; null: maps are written later.</summary>
    public FirstBus? Bus { get; init; }
}

/// <summary>An upstream broker.</summary>
/// <param name="Url">Where it is: mqtt, mqtts, ws or wss.</param>
/// <param name="Username">The user name; null: none.</param>
internal sealed record FirstUplink(string Url, string? Username = null)
{
    /// <summary>The password, for a file of its own beside the configuration; null: there is none, or it is in a file already.</summary>
    public string? Password { get; init; }

    /// <summary>The file that has the password already; null: there is none.</summary>
    public string? PasswordFile { get; init; }
}

/// <summary>A bus and its first device. Keys and values are those of a map, as it would be written without quotes.</summary>
/// <param name="Keys">What is said of the bus, such as <c>modbus: tcp</c> and <c>host: 10.0.0.7</c>, in this order.</param>
/// <param name="Device">What is said of the device: <c>name</c> and, for example, <c>profile</c>, <c>unit</c>, <c>every</c>.</param>
internal sealed record FirstBus(IReadOnlyList<KeyValuePair<string, string>> Keys, IReadOnlyList<KeyValuePair<string, string>> Device)
{
    /// <summary>The device's points by name, each with its keys; none where a profile or a sensor has them.</summary>
    public IReadOnlyList<KeyValuePair<string, IReadOnlyList<KeyValuePair<string, string>>>> Points { get; init; } = [];

    /// <summary>The device's name; null if it was not said.</summary>
    public string? DeviceName => Device.FirstOrDefault(key => key.Key == "name").Value;
}
