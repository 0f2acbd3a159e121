using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Routing;

/// <summary>
/// The encodings of the message that is being routed: one per version, QoS and RETAIN that some subscriber asked
/// for, copied to each that asks again, with its own Packet Identifier put in. Reused from message to message.
/// </summary>
internal sealed class PublishVariants
{
    // 5.0 or not × QoS × RETAIN
    private const int Slots = 2 * 4 * 2;

    private readonly (int Start, PublishLayout Layout)[] _variants = new (int, PublishLayout)[Slots];
    private readonly OutputBuffer _encoded = new();
    private uint _present;

    public void Begin() => _present = 0;

    /// <summary>Gives the memory back: it belongs to the pool, not to a broker that has nothing to do.</summary>
    public void End()
    {
        if (_present != 0)
        {
            _encoded.Clear();
            _present = 0;
        }
    }

    /// <summary>Appends a copy to <paramref name="output"/>. The form is shareable, and the message the same since <see cref="Begin"/>.</summary>
    public void Write(OutputBuffer output, in PublishForm form, scoped in RoutedMessage message, int length)
    {
        var slot = (form.Version == ProtocolVersion.V50 ? 8 : 0) | (int)form.QoS << 1 | (form.Retain ? 1 : 0);
        ref var variant = ref _variants[slot];
        if ((_present & (1u << slot)) == 0)
        {
            _present |= 1u << slot;
            variant.Start = _encoded.Length;
            variant.Layout = form.Write(_encoded.Append(length), message);
        }

        var packet = output.Append(variant.Layout.Length);
        _encoded.Written.Slice(variant.Start, variant.Layout.Length).CopyTo(packet);
        if (form.QoS != QualityOfService.AtMostOnce)
        {
            variant.Layout.SetPacketIdentifier(packet, form.PacketIdentifier);
        }
    }
}
