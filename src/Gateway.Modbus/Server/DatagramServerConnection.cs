using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Server;

/// <summary>All clients of a datagram socket: each datagram is a request, answered in the order in which they come.</summary>
internal sealed class DatagramServerConnection(IModbusDatagrams datagrams, ServerContext context, SerialFraming framing)
    : ServerConnection(context, framing.MaxFrameLength)
{
    private const byte BroadcastUnitId = 0;

    private readonly byte[] _received = new byte[ModbusLimits.MaxFrameLength];
    private readonly byte[] _pdu = new byte[ModbusLimits.MaxPduLength];

    protected override async Task ServeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var (length, sender) = await datagrams.ReceiveAsync(_received, cancellationToken);
            if (length == 0)
                continue;
            if (framing.Read(_received.AsSpan(0, length), PduLength.OfRequest, _pdu, out var frame) != FrameStatus.Whole)
            {
                Context.Diagnostics.CountCommunicationError();
                continue;
            }

            var origin = new RequestOrigin(frame.UnitId, Peer: new ModbusPeer(sender.ToString()), Sender: sender);
            await AnswerAsync(origin, _pdu.AsMemory(0, frame.PduLength), frame.UnitId == BroadcastUnitId, cancellationToken);
        }
    }

    // As on the line that the datagrams stand for.
    protected override int WriteNoAnswer(Span<byte> responsePdu, byte function) => 0;

    protected override int WriteFrame(Span<byte> frame, RequestOrigin origin, ReadOnlySpan<byte> pdu) => framing.Write(frame, origin.UnitId, pdu);

    protected override ValueTask WriteAsync(ReadOnlyMemory<byte> frame, RequestOrigin origin, CancellationToken cancellationToken) =>
        datagrams.SendAsync(frame, origin.Sender!, cancellationToken);

    protected override Span<byte> GuardedPart(Span<byte> frame) => frame;
}
