using System.Net;
using System.Net.Sockets;

namespace Gateway.Integration.Tests;

/// <summary>A Modbus TCP server that accepts and never answers: a device behind it is there, and nothing is read of it.</summary>
internal sealed class MuteDevice : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public MuteDevice() => _listener.Start();

    /// <summary>The map of a device with one point.</summary>
    /// <param name="name">The device.</param>
    /// <param name="point">The point.</param>
    /// <param name="keys">More of the point's keys, such as <c>scale: 0.1, unit: °C</c>; default: none.</param>
    public string Map(string name, string point, string keys = "") => $$"""
        bus: { modbus: tcp, host: 127.0.0.1, port: {{((IPEndPoint)_listener.LocalEndpoint).Port}}, timeout: 1 min }
        devices: [{ name: {{name}}, unit: 1, every: 100 ms, points: { {{point}}: { holding: 0{{(keys.Length == 0 ? "" : ", " + keys)}} } } }]
        """;

    public void Dispose() => _listener.Dispose();
}
