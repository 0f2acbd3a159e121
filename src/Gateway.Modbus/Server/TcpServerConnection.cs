using Gateway.Modbus.Framing;
using Microsoft.Extensions.Logging;

namespace Gateway.Modbus.Server;

/// <summary>One Modbus TCP connection: requests are answered in the order in which they come.</summary>
internal sealed class TcpServerConnection(Stream stream, RequestHandler handler, ModbusServerOptions options, ILogger logger)
{
    private readonly byte[] _frame = new byte[MbapHeader.MaxFrameLength];
    private readonly RequestBuffers _buffers = new();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await stream.ReadAtLeastAsync(_frame.AsMemory(0, MbapHeader.Length), MbapHeader.Length, false, cancellationToken) == MbapHeader.Length)
        {
            if (!MbapHeader.TryRead(_frame, out var header))
            {
                // Where the next frame begins is unknown.
                Log.ClientSentGarbage(logger);
                return;
            }

            var pdu = _frame.AsMemory(MbapHeader.Length, header.PduLength);
            await stream.ReadExactlyAsync(pdu, cancellationToken);
            if (options.IgnoreUnknownUnits && !handler.HasUnit(header.UnitId))
                continue;

            var length = await handler.HandleAsync(header.UnitId, pdu, _buffers, cancellationToken);
            (header with { PduLength = length }).Write(_frame);
            _buffers.ResponsePdu.AsSpan(0, length).CopyTo(_frame.AsSpan(MbapHeader.Length));
            await stream.WriteAsync(_frame.AsMemory(0, MbapHeader.Length + length), cancellationToken);
        }
    }
}
