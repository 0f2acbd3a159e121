using System.Runtime.InteropServices;

namespace Gateway.Mqtt.Broker.Routing;

/// <summary>Hashes topic bytes with the process's own key (Marvin), so that no client can choose topics that collide.</summary>
internal static class TopicHash
{
    public static int Of(ReadOnlySpan<byte> bytes)
    {
        var hash = string.GetHashCode(MemoryMarshal.Cast<byte, char>(bytes));
        return (bytes.Length & 1) == 0 ? hash : (hash * 31) + bytes[^1];
    }
}
