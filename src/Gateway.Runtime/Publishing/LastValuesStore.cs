using System.Buffers;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// The local broker's store, of which readings come back as what they are after a restart: stale, until their points are read again; what
/// cannot say so is not there until then. So no late subscriber takes them for new, from the first moment that the broker listens; and
/// nothing is written for it.
/// </summary>
/// <param name="store">Where they are kept.</param>
/// <param name="site">Whose readings are the gateway's own: what a bridge brought in is as true as it was.</param>
/// <param name="publish">What they look like at the local broker.</param>
public sealed class LastValuesStore(IBrokerStore store, string site, PublishOptions publish) : IBrokerStore
{
    private readonly PayloadTemplate? _template = publish.Template is { } text ? PayloadTemplate.Parse(text, publish.Per, out _) : null;

    /// <inheritdoc/>
    public async ValueTask<BrokerRows> LoadAsync(CancellationToken cancellationToken)
    {
        var rows = await store.LoadAsync(cancellationToken).ConfigureAwait(false);
        return rows with { Retained = [.. rows.Retained.Select(Mark).OfType<RetainedRow>()] };
    }

    /// <inheritdoc/>
    public ValueTask CommitAsync(BrokerChanges changes, CancellationToken cancellationToken) => store.CommitAsync(changes, cancellationToken);

    // What clients published is theirs. Null: it would look fresh.
    private RetainedRow? Mark(RetainedRow row)
    {
        if (row.Origin is not null || Read(row.Publish.Span) is not { } packet || !IsReading(packet.Message))
        {
            return row;
        }

        if (StaleMark.Apply(packet.Message.Payload, _template) is not { } stale)
        {
            return null;
        }

        var output = new ArrayBufferWriter<byte>();
        PacketCodec.TryWrite(packet with { Message = packet.Message with { Payload = stale } }, ProtocolVersion.V50, output);
        return row with { Publish = output.WrittenMemory };
    }

    private bool IsReading(ApplicationMessage message) => ReadingKey.SiteOf(message) == site;

    private static PublishPacket? Read(ReadOnlySpan<byte> bytes)
    {
        using var reader = new PacketReader(bytes, ProtocolVersion.V50);
        return reader.Read(out var frame) == DecodeStatus.Complete && PacketCodec.TryDecode(frame, ProtocolVersion.V50, out var packet, out _)
            ? packet as PublishPacket
            : null;
    }
}
