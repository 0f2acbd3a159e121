using Gateway.Runtime;

namespace Gateway.Tests;

/// <summary>Statuses as a running gateway would give them.</summary>
internal static class Statuses
{
    public static readonly DateTimeOffset Now = new(2026, 11, 22, 1, 2, 3, TimeSpan.Zero);

    /// <summary>An uplink that is away, a backlog, one device online and one offline.</summary>
    public static GatewayStatus Plant { get; } = new()
    {
        Site = "plant1",
        Version = "0.1.0",
        Started = Now.AddMinutes(-5),
        Uplinks = [new("mqtt://broker.example:1883", false, Now.AddMinutes(-3), "connection refused", 120, 1)],
        Queue = new(12, 4100, Now.AddMinutes(-3), 2, null) { DroppedSinceStart = 2 },
        Broker = new(["mqtt://127.0.0.1:1883"], 3),
        Suppressed = 4,
        Buses =
        [
            new("modbus tcp 10.0.0.7:502", 0.375, 100, 2, 0,
            [
                new("boiler", true, Now.AddMinutes(-5), null,
                [
                    new("flow", "21.5", "°C", "good", null, Now.AddSeconds(-1.2), false),
                    new("mode", null, null, null, null, null, true),
                ]),
                new("pv", false, Now.AddSeconds(-30), "timeout", [new("power", null, "W", "bad", "timeout", Now.AddSeconds(-30), false)])
                {
                    Errors = new Dictionary<string, long> { ["timeout"] = 12, ["crc"] = 3 },
                },
            ])
            {
                Lateness = new(0.25, 4, 31.5),
                Errors = new Dictionary<string, long> { ["timeout"] = 12, ["crc"] = 3 },
            },
        ],
    };
}
