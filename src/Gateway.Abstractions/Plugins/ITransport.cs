using Gateway.Abstractions.Definitions;

namespace Gateway.Abstractions.Plugins;

/// <summary>
/// Carries the bytes of a bus in place of the gateway's own serial ports and sockets: a map's bus chooses it by <c>transport</c>.
/// A plug-in has a public class with a constructor without parameters. Thread-safe.
/// </summary>
public interface ITransport
{
    /// <summary>What <c>transport</c> says, lower case.</summary>
    string Name { get; }

    /// <summary>
    /// Opens the stream of a bus. Reads give what has come, at least one byte, and 0 at the end; disposing it ends a read that waits.
    /// The bytes are those of the bus's own framing: Modbus RTU frames of <c>modbus: rtu</c>, MBAP header and PDU of <c>modbus: tcp</c>.
    /// </summary>
    /// <param name="bus">The keys of the bus: <c>port baud data-bits parity stop-bits</c> of a serial one (its port is under <c>serial</c> on a
    /// serial bus), <c>host port</c> of another.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It cannot be opened. The message says what to do.</exception>
    ValueTask<Stream> OpenAsync(Settings bus, CancellationToken cancellationToken);
}
