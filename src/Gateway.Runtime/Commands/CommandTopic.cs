namespace Gateway.Runtime.Commands;

/// <summary>What a command's topic, <c>{site}/{device}/{point}/set</c>, says of itself. Pure.</summary>
internal static class CommandTopic
{
    /// <summary>The names of device and point; both null if the topic is not a command's.</summary>
    public static (string? Device, string? Point) NamesOf(string topic) =>
        topic.Split('/') is [_, .., var device, var point, "set"] ? (device, point) : (null, null);
}
