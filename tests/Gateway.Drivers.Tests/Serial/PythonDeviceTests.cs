using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Serial;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.Serial;

/// <summary>A device written with pyserial at the other end of a real pseudo-terminal.</summary>
public class PythonDeviceTests
{
    private const string Device = """
        import serial, sys
        port = serial.Serial(sys.argv[1], 9600, timeout=60)
        weight, tare = 12.5, 0.0
        print("ready", flush=True)
        while True:
            line = port.readline().decode().strip()
            if line == "W?":
                port.write(b"ST,GS,%+08.3fkg\r\n" % (weight - tare))
            elif line == "T":
                tare = weight
                port.write(b"OK\r\n")
            elif line.startswith("SET="):
                weight = float(line[4:])
                port.write(b"OK\r\n")
            elif line:
                port.write(b"ER\r\n")
        """;

    [PeerFact(Peer.Socat, Peer.PythonSerial)]
    public async Task A_scale_is_asked_written_and_sent_commands()
    {
        await using var cable = await PtyPair.CreateAsync();
        await using var device = PeerProcess.Start(Peer.Python, ["-c", Device, cable.PathA]);
        await device.WaitForLineAsync("ready");
        var definition = SerialMaps.Load(
            $$"""
            bus: { serial: {{cable.PathB}}, baud: 9600 }
            devices:
              - name: scale
                frame: { end: "\r\n" }
                request: "W?\r\n"
                timeout: 30 s
                points:
                  weight: { match: '([+-]?\d+\.\d+)kg', write: true, write-request: "SET={value}\r\n", write-answer: OK }
                  tare:   { command: "T\r\n", write: true, write-answer: OK }
            """);
        var (weight, tare) = (definition.Devices[0].Points[0], definition.Devices[0].Points[1]);
        await using var bus = new SerialDriver().Open(definition, new DriverContext(TimeProvider.System, NullLogger.Instance));
        var reader = bus.CreateReader(definition.Devices[0], definition.Devices[0].Points);
        var sink = new RecordingSink();

        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(sink, CancellationToken.None));
        Assert.Equal("12.5", sink["weight"].Value.ToString());

        Assert.Equal(WriteOutcome.Done, await bus.WriteAsync(weight, PointValue.From(20.25m), CancellationToken.None));
        await reader.ReadAsync(sink, CancellationToken.None);
        Assert.Equal("20.25", sink["weight"].Value.ToString());

        Assert.Equal(WriteOutcome.Done, await bus.WriteAsync(tare, PointValue.From(true), CancellationToken.None));
        await reader.ReadAsync(sink, CancellationToken.None);
        Assert.Equal("0", sink["weight"].Value.ToString());
    }
}
